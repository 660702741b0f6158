import Tensor

/// One function at a range of bit patterns: every instruction set of this processor against the portable kernels and these
/// against the scalar reference, bit for bit, and against the true value.
struct Sweep {
    /// Bit patterns that pass through the kernels at once.
    static let block = 1 << 16

    let function: Function
    /// How many results of each instruction set differ from those of the portable kernels.
    var differing: [(set: InstructionSet, count: Int)]
    /// How many results of the portable kernels differ from the reference's.
    var unlikeReference = 0
    /// The first pattern at which one did.
    var firstDifference: UInt32?
    var patterns = 0
    /// How many of them the reference computed.
    var referred = 0
    var error = LargestError()

    init(_ function: Function) {
        self.function = function
        differing = InstructionSet.available.filter { $0 != .portable }.map { ($0, 0) }
    }

    /// Takes the patterns first, first + stride, ... below `end`, and every so many of them through the reference.
    mutating func run(from first: UInt64, to end: UInt64, stride: UInt64, referring: Int) {
        let pool = ThreadPool(threads: 1)
        let portable = Kernels(.portable, pool: pool)
        let kernels = differing.map { Kernels($0.set, pool: pool) }
        var x = [Float](repeating: 0, count: Self.block)
        var expected = x
        var found = x
        // Where the reference looks first, so that not all it sees have the same low bits.
        var place = 0
        var next = first
        while next < end {
            let count = min(Self.block, Int((end - next + stride - 1) / stride))
            for i in 0..<count {
                x[i] = Float(bitPattern: UInt32(next))
                next += stride
            }
            compute(portable, x, into: &expected, count)
            for i in Swift.stride(from: place, to: count, by: referring) {
                let value = function.reference(x[i])
                if value.bitPattern != expected[i].bitPattern {
                    unlikeReference += 1
                    firstDifference = firstDifference ?? x[i].bitPattern
                }
                referred += 1
            }
            if let truth = function.truth {
                for i in 0..<count { error.note(x[i], expected[i], truth(Double(x[i]))) }
            }
            place = (place + 1) % referring
            for (n, kernel) in kernels.enumerated() {
                compute(kernel, x, into: &found, count)
                for i in 0..<count where found[i].bitPattern != expected[i].bitPattern {
                    differing[n].count += 1
                    firstDifference = firstDifference ?? x[i].bitPattern
                }
            }
            patterns += count
        }
    }

    private func compute(_ kernels: Kernels, _ x: [Float], into y: inout [Float], _ count: Int) {
        x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                if let x = x.baseAddress, let y = y.baseAddress { function.fast(kernels, x, y, count) }
            }
        }
    }
}

/// How far a function's results are from the true values at most.
struct LargestError {
    /// In units of the last place of binary32 at the true value.
    private(set) var ulps = 0.0
    private(set) var at: Float = 0
    /// The same, apart from numbers below zero.
    private(set) var ulpsAboveZero = 0.0
    private(set) var absolute = 0.0

    /// `truth` is good to far less than a unit of binary32; nothing is noted where it is no finite binary32.
    mutating func note(_ x: Float, _ y: Float, _ truth: Double) {
        guard truth.magnitude <= Double(Float.greatestFiniteMagnitude) else { return }
        let distance = y.isFinite ? abs(Double(y) - truth) : .infinity
        if distance > absolute { absolute = distance }
        let unit = max(truth.magnitude.binade, 0x1p-126) * 0x1p-23
        let ulps = distance / unit
        if ulps > self.ulps { (self.ulps, at) = (ulps, x) }
        if ulps > ulpsAboveZero, x >= 0 { ulpsAboveZero = ulps }
    }
}
