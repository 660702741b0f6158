package import Bytes
import Crypto
import Datasets
package import Graph
import Tensor

/// A model: its forward program for one row, and how its parameters lie in a flat vector.
///
/// The program maps the input `x` `[1, features]` to the output `logits` `[1, classes]`; `instantiated(batch:)` gives it for any number of rows.
package struct Model: Sendable {
    /// A parameter's place in the flat vector.
    package struct Slot: Sendable, Equatable {
        package let name: String
        package let shape: [Int]
        package let range: Range<Int>
        /// Inputs that one output of the layer adds up.
        package let fanIn: Int
    }

    /// Layer sizes, input first.
    package let layers: [Int]
    package let slots: [Slot]
    /// The forward program of one row.
    package let program: Program
    package let programHash: Hash32

    /// The classifier of the digits job: 64-32-10, 2,410 parameters.
    package static let digits = Model.mlp([64, 32, 10])

    /// Fully connected layers with ReLU between them. Parameters in order: `w1` `[in, out]`, `b1` `[out]`, `w2`, ...
    ///
    /// - Precondition: at least two layers, each of 1...65,536 units.
    package static func mlp(_ layers: [Int]) -> Model {
        precondition(
            layers.count >= 2 && layers.allSatisfy { (1...65536).contains($0) },
            "an MLP has an input and an output of 1...65536 units each")
        return Model(layers: layers)
    }

    private init(layers: [Int]) {
        self.layers = layers
        var slots: [Slot] = []
        var start = 0
        for layer in 1..<layers.count {
            let (inputs, outputs) = (layers[layer - 1], layers[layer])
            for (name, shape) in [("w\(layer)", [inputs, outputs]), ("b\(layer)", [outputs])] {
                let count = shape.reduce(1, *)
                slots.append(Slot(name: name, shape: shape, range: start..<start + count, fanIn: inputs))
                start += count
            }
        }
        self.slots = slots
        var builder = ProgramBuilder()
        do {
            let (_, logits, _) = try Self.append(layers, slots, rows: 1, to: &builder)
            builder.output("logits", logits)
        } catch {
            preconditionFailure("an MLP of valid layers cannot fail to build: \(error)")
        }
        program = builder.finish()
        programHash = program.hash
    }

    package var parameterCount: Int { slots.last?.range.upperBound ?? 0 }
    package var features: Int { layers[0] }
    package var classes: Int { layers[layers.count - 1] }
    /// The program as people read it.
    package var programText: String { program.description }

    /// Appends the layers for `rows` rows: the input, the logits and the parameters.
    package func append(
        rows: Int, to builder: inout ProgramBuilder
    ) throws(ProgramError) -> (input: Value, logits: Value, parameters: [Value]) {
        try Self.append(layers, slots, rows: rows, to: &builder)
    }

    private static func append(
        _ layers: [Int], _ slots: [Slot], rows: Int, to builder: inout ProgramBuilder
    ) throws(ProgramError) -> (Value, Value, [Value]) {
        let input = try builder.input("x", TensorType(.float32, [rows, layers[0]]))
        var parameters: [Value] = []
        for slot in slots { parameters.append(try builder.parameter(slot.name, TensorType(.float32, slot.shape))) }
        var value = input
        for layer in 0..<layers.count - 1 {
            value = try builder.matmul(value, parameters[2 * layer])
            value = try builder.add(value, parameters[2 * layer + 1])
            if layer + 2 < layers.count { value = try builder.map(.relu, value) }
        }
        return (input, value, parameters)
    }

    /// Parameters from a seed: weights and biases uniform in +-1/sqrt(fan in), drawn in the order of the flat vector from the
    /// stream "cairn initial parameters" of the seed.
    package func initialParameters(seed: Hash32) -> [Float] {
        var stream = RandomStream(key: seed, purpose: "cairn initial parameters")
        var parameters: [Float] = []
        parameters.reserveCapacity(parameterCount)
        for slot in slots {
            let bound = 1 / Float(slot.fanIn).squareRoot()
            for _ in slot.range { parameters.append((2 * stream.uniform() - 1) * bound) }
        }
        return parameters
    }
}
