import Graph
import Tensor
import Testing

/// Builds a program with an output per result, and compares it with the replay of every element, on every instruction set and
/// one or two threads.
///
/// - Parameter steps: what the plan must consist of, where it matters.
func expectReplay(
    _ inputs: [(String, Tensor)], steps: [String]? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout ProgramBuilder, [Value]) throws -> [Value]
) throws {
    var builder = ProgramBuilder()
    var values: [Value] = []
    for (name, tensor) in inputs { values.append(try builder.input(name, TensorType(tensor.type, tensor.shape))) }
    for (number, result) in try body(&builder, values).enumerated() { builder.output("y\(number)", result) }
    let program = builder.finish()
    let found = try difference(program, Dictionary(uniqueKeysWithValues: inputs), on: everyKernels)
    #expect(found == nil, sourceLocation: sourceLocation)
    if let steps {
        let names = try Session(Plan(program)).operationTimes(clock: { 0 }, runs: 1).map(\.operation)
        #expect(names == steps, sourceLocation: sourceLocation)
    }
}
