import Testing
import Graph
import Tensor

/// A seeded source of test tensors (SplitMix64).
struct RandomTensors {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// A number in (-2, 2).
    mutating func float() -> Float { Float(Int64(next() >> 40) - (1 << 23)) * 0x1p-22 }

    /// With `edges`, one in sixteen is a special value.
    mutating func floats(_ shape: [Int], edges: Bool = false) -> Tensor {
        let special: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 0x1p-140, -0x1p-140, 88.7, -104, 3e38]
        let values = (0..<shape.reduce(1, *)).map { _ -> Float in
            edges && below(16) == 0 ? special[below(special.count)] : float()
        }
        return Tensor(values, shape: shape)
    }

    mutating func indices(_ shape: [Int], below bound: Int) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in Int64(below(bound)) }, shape: shape)
    }

    mutating func booleans(_ shape: [Int]) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in below(2) == 1 }, shape: shape)
    }
}

/// Every instruction set of this machine on one thread and two.
let everyKernels: [Kernels] = InstructionSet.available.flatMap { set in
    [1, 2].map { Kernels(set, pool: ThreadPool(threads: $0)) }
}

/// Runs a program both ways and returns the first difference, bit for bit.
func difference(_ program: Program, _ sources: [String: Tensor], threads: Int = 1) throws -> String? {
    try difference(program, sources, on: [Kernels(pool: ThreadPool(threads: threads))])
}

/// The same on several kernels: each runs twice, so that what a run leaves behind is met by the next.
func difference(_ program: Program, _ sources: [String: Tensor], on kernels: [Kernels]) throws -> String? {
    let expected = try ReferenceExecutor.run(program, sources)
    for kernels in kernels {
        let session = try Session(Plan(program), kernels: kernels)
        for _ in 0..<2 {
            if let found = try difference(program, sources, session, expected) {
                return "\(kernels.instructionSet), \(kernels.pool.threads) threads: \(found)"
            }
        }
    }
    return nil
}

private func difference(
    _ program: Program, _ sources: [String: Tensor], _ session: Session, _ expected: [Tensor]
) throws -> String? {
    for value in program.inputs + program.parameters {
        try session.write(value, try #require(sources[program.node(value).name]))
    }
    try session.run()
    for output in program.outputs where session.tensor(of: output.value) != expected[output.value.index] {
        let got = ReferenceExecutor.elementBits(session.tensor(of: output.value))
        let want = ReferenceExecutor.elementBits(expected[output.value.index])
        let place = zip(got, want).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? -1
        return "output \(output.name) (\(program.type(output.value))) differs at \(place): "
            + "\(String(got[max(0, place)], radix: 16)) instead of \(String(want[max(0, place)], radix: 16))"
    }
    return nil
}
