import Tensor

// Randomness in a program is an input: the operation set stays deterministic, and whoever runs the program says where the numbers
// come from. Training fills them from ChaCha20 (`NoiseSource`), so that one number of one step can be recomputed alone.
extension Program {
    /// How the names begin of float32 inputs that take uniform random numbers in [0, 1) at every run.
    package static let noisePrefix = "noise/"

    /// The inputs that take random numbers, in the program's order.
    package var noiseInputs: [Value] { inputs.filter { node($0).name.hasPrefix(Self.noisePrefix) } }
}

extension ProgramBuilder {
    /// Inverted dropout: an element stays, times 1 / (1 - rate), where its random number is not below `rate`; else it is +0.
    ///
    /// The random numbers are a new input of x's shape, `noise/ORDINAL/SCOPE`. A rate of 0 adds nothing, and has no mask.
    /// - Returns: the result, and the mask (bool): true where an element stays.
    /// - Throws: when the rate is not in 0...1.
    package mutating func dropout(_ x: Value, rate: Float) throws(ProgramError) -> (result: Value, mask: Value?) {
        guard (0...1).contains(rate) else {
            throw ProgramError(node: scope, "the dropout rate must be in 0...1, not \(rate)")
        }
        if rate == 0 { return (x, nil) }
        let ordinal = nodes.count { $0.name.hasPrefix(Program.noisePrefix) }
        let noise = try input("\(Program.noisePrefix)\(ordinal)/\(scope)", TensorType(.float32, shape(x)))
        let isKept = try map(.lessOrEqual, scalar(rate), noise)
        let scaled = try multiply(x, scalar(rate < 1 ? 1 / (1 - rate) : 0))
        return (try select(isKept, scaled, scalar(0)), isKept)
    }
}
