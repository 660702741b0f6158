import Graph
import Tensor

/// Programs from their bytes.
enum ProgramTargets {
    static let all: [String: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt] = [
        "program": { program([UInt8](UnsafeBufferPointer(start: $0, count: $1))) }
    ]

    /// What is read is canonical and can be planned; what is small gives the bytes of the replay, or fails as it does.
    private static func program(_ input: [UInt8]) -> CInt {
        guard let program = try? Program(decoding: input) else { return 0 }
        precondition(program.encoded == input, "a program is not canonical")
        let plan = Plan(program)
        let elements = program.nodes.reduce(0) { $0 + $1.type.count }
        guard elements <= 1 << 12, ProgramCost(plan).operations <= 1 << 14 else { return 0 }
        var sources: [String: Tensor] = [:]
        for value in program.inputs + program.parameters {
            sources[program.node(value).name] = Tensor(
                shape: program.type(value).shape, type: program.type(value).element)
        }
        let expected = try? ReferenceExecutor.run(program, sources)
        guard let session = try? Session(plan), (try? session.run()) != nil else {
            precondition(expected == nil, "a program that can be replayed does not run")
            return 0
        }
        // A replay looks at every node, a run only at those that are needed.
        guard let expected else { return 0 }
        // An output that is a parameter shows what replaced it.
        for output in program.outputs where program.updates.isEmpty {
            precondition(session.tensor(of: output.value) == expected[output.value.index], "a run is not its replay")
        }
        return 0
    }
}
