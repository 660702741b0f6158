/// The version of the arithmetic, and the known-answer test that a process runs before it computes anything.
package enum Arithmetic {
    /// Part of every commitment; a change of any definition is a new version.
    package static let version = 1

    /// Computes some thousand results whose bits are known and compares them.
    ///
    /// A processor, a compiler or a library that breaks the arithmetic is found here and not in a dispute. Takes less
    /// than a millisecond.
    package static func selfTest(_ kernels: Kernels = .shared) throws(ArithmeticError) {
        for answer in KnownAnswers.scalars { try testScalars(answer, kernels) }
        for (operation, expected) in KnownAnswers.functions {
            let found = values(operation, at: KnownAnswers.points, kernels)
            for (found, expected) in zip(found, expected) {
                try compare("\(operation)", found, expected, kernels)
            }
        }
        for (known, digest) in zip(KnownAnswers.digests, digests(kernels)) {
            try compare(known.name, digest, known.digest, kernels)
        }
    }

    private static func testScalars(_ answer: [UInt32], _ kernels: Kernels) throws(ArithmeticError) {
        let (a, b, c) = (Float(bitPattern: answer[0]), Float(bitPattern: answer[1]), Float(bitPattern: answer[2]))
        let found = one { kernels.fma([a], [b], [c], into: $0, count: 1) }
        try compare("fma", found, answer[3], kernels)
        try compare("fma of the reference", Reference.fma(a, b, c).bitPattern, answer[3], kernels)
        for (i, operation) in [BinaryOperation.add, .multiply, .divide].enumerated() {
            let found = one { kernels.binary(operation, [a], [b], into: $0, count: 1) }
            try compare("\(operation)", found, answer[4 + i], kernels)
        }
        let root = one { kernels.unary(.sqrt, [a.magnitude], into: $0, count: 1) }
        try compare("sqrt", root, answer[7], kernels)
    }

    private static func one(_ body: (UnsafeMutablePointer<Float>) -> Void) -> UInt32 {
        var result: Float = 0
        withUnsafeMutablePointer(to: &result, body)
        return result.bitPattern
    }

    static func values(_ operation: UnaryOperation, at points: [UInt32], _ kernels: Kernels) -> [UInt32] {
        var y = [Float](repeating: 0, count: points.count)
        kernels.unary(operation, points.map { Float(bitPattern: $0) }, into: &y, count: points.count)
        return y.map(\.bitPattern)
    }

    private static func compare(
        _ operation: String, _ found: UInt32, _ expected: UInt32, _ kernels: Kernels
    ) throws(ArithmeticError) {
        guard found != expected else { return }
        throw ArithmeticError(
            operation: operation, expected: expected, found: found, instructionSet: kernels.instructionSet.rawValue)
    }
}

/// Whole operations on a fixed sequence of numbers, each reduced to one word.
extension Arithmetic {
    /// Odd sizes, more than one chain and more than one chunk, so that a wrong order anywhere shows.
    package static func digests(_ kernels: Kernels) -> [UInt32] {
        let x = sequence(9000, seed: 1)
        let (m, n, k) = (7, 37, 300)
        let a = sequence(m * k, seed: 2)
        let b = sequence(k * n, seed: 3)
        var s = Convolution(
            batch: 2, inChannels: 3, height: 9, width: 8, outChannels: 5, kernelHeight: 3, kernelWidth: 3)
        (s.padTop, s.padLeft, s.padBottom, s.padRight, s.strideX) = (1, 1, 1, 1, 2)
        let weights = sequence(s.weightCount, seed: 4)
        let g = sequence(s.outputCount, seed: 5)
        return [
            digest(m * n) { kernels.matmul(a, b, into: $0, m: m, n: n, k: k) },
            digest(m * m) { kernels.matmul(a, a, into: $0, m: m, n: m, k: k, transposeB: true) },
            digest(k * k) { kernels.matmul(a, a, into: $0, m: k, n: k, k: m, transposeA: true) },
            digest(1) { kernels.sum(x, into: $0, outer: 1, n: x.count) },
            digest(30) { kernels.sum(x, into: $0, outer: 1, n: 300, inner: 30) },
            digest(900) { kernels.softmax(x, into: $0, rows: 30, cols: 30) },
            digest(900) { kernels.layerNorm(x, gamma: a, beta: b, epsilon: 1e-5, into: $0, rows: 30, cols: 30) },
            digest(900) {
                let targets = [Int32](repeating: 7, count: 30)
                kernels.crossEntropy(x, targets: targets, loss: nil, gradient: $0, rows: 30, cols: 30)
            },
            digest(s.outputCount) { kernels.convolve(s, input: x, weights: weights, into: $0) },
            digest(s.weightCount) { kernels.convolveWeightGradient(s, input: x, outputGradient: g, into: $0) },
            digest(s.inputCount) { kernels.convolveInputGradient(s, outputGradient: g, weights: weights, into: $0) },
        ]
    }

    /// Numbers in [-1, 1) from a linear congruence.
    private static func sequence(_ count: Int, seed: UInt32) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(Int32(bitPattern: state) >> 8) * 0x1p-23
        }
    }

    private static func digest(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> UInt32 {
        var y = [Float](repeating: 0, count: count)
        y.withUnsafeMutableBufferPointer { y in
            // Every count above is at least 1.
            if let base = y.baseAddress { body(base) }
        }
        return y.reduce(2_166_136_261) { ($0 ^ $1.bitPattern) &* 16_777_619 }
    }
}

/// This machine does not compute what the arithmetic defines.
package struct ArithmeticError: Error, CustomStringConvertible {
    package let operation: String
    package let expected: UInt32
    package let found: UInt32
    package let instructionSet: String

    package init(operation: String, expected: UInt32, found: UInt32, instructionSet: String) {
        self.operation = operation
        self.expected = expected
        self.found = found
        self.instructionSet = instructionSet
    }

    package var description: String {
        "the known-answer test of \(operation) failed on \(instructionSet): expected bits "
            + "\(String(expected, radix: 16)), found \(String(found, radix: 16)). This build or processor does not keep "
            + "canonical arithmetic; nothing it computes can be accepted. Try CAIRN_INSTRUCTIONS=portable, or rebuild."
    }
}
