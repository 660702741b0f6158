import Tensor

/// One function at a range of bit patterns: every instruction set of this processor against the scalar reference, bit
/// for bit, and the reference against the true value.
struct Sweep {
    /// Bit patterns that pass through the kernels at once.
    static let block = 1 << 16

    let function: Function
    /// How many results of each instruction set differ from the reference's.
    var differing: [(set: InstructionSet, count: Int)]
    /// The first pattern at which one did.
    var firstDifference: UInt32?
    var patterns = 0
    var error = LargestError()

    init(_ function: Function) {
        self.function = function
        differing = InstructionSet.available.map { ($0, 0) }
    }

    /// Takes the patterns first, first + stride, ... below `end`.
    mutating func run(from first: UInt64, to end: UInt64, stride: UInt64) {
        let pool = ThreadPool(threads: 1)
        let kernels = differing.map { Kernels($0.set, pool: pool) }
        var x = [Float](repeating: 0, count: Self.block)
        var expected = x
        var found = x
        var next = first
        while next < end {
            let count = min(Self.block, Int((end - next + stride - 1) / stride))
            for i in 0..<count {
                x[i] = Float(bitPattern: UInt32(next))
                expected[i] = function.reference(x[i])
                if let truth = function.truth { error.note(x[i], expected[i], truth(Double(x[i]))) }
                next += stride
            }
            for (n, kernel) in kernels.enumerated() {
                x.withUnsafeBufferPointer { x in
                    found.withUnsafeMutableBufferPointer { y in
                        if let x = x.baseAddress, let y = y.baseAddress { function.fast(kernel, x, y, count) }
                    }
                }
                for i in 0..<count where found[i].bitPattern != expected[i].bitPattern {
                    differing[n].count += 1
                    firstDifference = firstDifference ?? x[i].bitPattern
                }
            }
            patterns += count
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
