package import Tensor

/// Runs programs by replaying the recipe of every element: slow, and short enough to read as the specification.
///
/// `Session` gives the same bytes fast. Use this one for tests, for disputes and for small constants only.
package enum ReferenceExecutor {
    /// The values of all nodes, given inputs and parameters by name.
    package static func run(_ program: Program, _ sources: [String: Tensor]) throws(ProgramError) -> [Tensor] {
        var values: [Tensor] = []
        for node in program.nodes {
            switch node.operation {
            case .constant(let tensor): values.append(tensor)
            case .input, .parameter:
                guard let tensor = sources[node.name], tensor.type == node.type.element, tensor.shape == node.type.shape
                else { throw ProgramError(node: node.name, "needs a tensor \(node.type)") }
                values.append(tensor)
            default:
                do {
                    values.append(try evaluate(node.operation, node.operands.map { values[$0.index] }, node.type))
                } catch {
                    throw ProgramError(node: node.name, error.message)
                }
            }
        }
        return values
    }

    /// One operation on whole tensors.
    package static func evaluate(
        _ operation: Operation, _ operands: [Tensor], _ type: TensorType
    ) throws(ProgramError) -> Tensor {
        let bits = operands.map(elementBits)
        let types = operands.map { TensorType($0.type, $0.shape) }
        let read: Recipe.Reader = { bits[$0][$1] }
        var result: [UInt64] = []
        result.reserveCapacity(type.count)
        for position in 0..<type.count {
            let recipe = try Recipe.of(operation, operands: types, result: type, position: position, read: read)
            result.append(replay(recipe, types: types.map(\.element), result: type.element, read: read))
        }
        return tensor(result, type)
    }

    /// Computes one element from its recipe and the operand elements that it names.
    package static func replay(
        _ recipe: Recipe, types: [ElementType], result: ElementType, read: Recipe.Reader
    ) -> UInt64 {
        func bits(_ source: Read) -> UInt64 {
            if case .element(let operand, let position) = source { read(operand, position) } else { 0 }
        }
        func float(_ source: Read) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits(source))) }
        switch recipe {
        case .copy(let source): return bits(source)
        case .apply(let function, let sources): return ScalarArithmetic.apply(function, sources.map(bits), types)
        case .convert(let source): return ScalarArithmetic.convert(bits(source), from: types[0], to: result)
        case .chain(let links): return ScalarArithmetic.stored(chain(links, float))
        case .addedChains(let chains):
            return ScalarArithmetic.stored(chains.reduce(Float(0)) { $0 + chain($1, float) })
        case .sum(let sources): return ScalarArithmetic.stored(sum(sources.map(float)))
        case .accumulate(let sources):
            return ScalarArithmetic.stored(sources.reduce(Float(0)) { $0 + float($1) })
        case .fold(let kind, let sources): return fold(kind, sources.map(bits), types[0])
        case .forest(let ensemble, let sources, let target):
            var output = [Float](repeating: 0, count: ensemble.targets)
            ensemble.evaluate(row: sources.map(float), into: &output)
            return ScalarArithmetic.stored(output[target])
        }
    }

    /// Chunks of 256 links.
    private static func chain(_ links: [Recipe.Link], _ float: (Read) -> Float) -> Float {
        var total: Float = 0
        for start in stride(from: 0, to: links.count, by: 256) {
            var partial: Float = 0
            for link in links[start..<min(start + 256, links.count)] {
                partial = partial.addingProduct(float(link.a), float(link.b))
            }
            total = start == 0 ? partial : total + partial
        }
        return total
    }

    /// Chunks of 4096 in sixteen lanes.
    private static func sum(_ values: [Float]) -> Float {
        var total: Float = 0
        for start in stride(from: 0, to: values.count, by: 4096) {
            var lanes = [Float](repeating: 0, count: 16)
            for index in start..<min(start + 4096, values.count) { lanes[(index - start) % 16] += values[index] }
            for half in [8, 4, 2, 1] {
                for lane in 0..<half { lanes[lane] += lanes[lane + half] }
            }
            total = start == 0 ? lanes[0] : total + lanes[0]
        }
        return total
    }

    private static func fold(_ kind: Reduction, _ bits: [UInt64], _ type: ElementType) -> UInt64 {
        switch kind {
        case .firstMaximum, .firstMinimum:
            if type == .float32 {
                let values = bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
                return UInt64(ScalarArithmetic.firstWinner(values, greatest: kind == .firstMaximum))
            }
            var best = 0
            for index in bits.indices.dropFirst() {
                let pair = kind == .firstMaximum ? [bits[best], bits[index]] : [bits[index], bits[best]]
                if ScalarArithmetic.apply(.less, pair, [type, type]) == 1 { best = index }
            }
            return UInt64(best)
        default:
            let function: ScalarFunction =
                switch kind {
                case .sum: .add
                case .product: .multiply
                case .maximum: .maximum
                default: .minimum
                }
            guard var result = bits.first else {
                return kind == .product ? (type == .float32 ? UInt64(Float(1).bitPattern) : 1) : 0
            }
            if type == .float32 {
                // One NaN only, even when nothing is folded.
                result = ScalarArithmetic.stored(Float(bitPattern: UInt32(truncatingIfNeeded: result)))
            }
            for next in bits.dropFirst() { result = ScalarArithmetic.apply(function, [result, next], [type, type]) }
            return result
        }
    }

    /// The elements as zero-extended bits.
    package static func elementBits(_ tensor: Tensor) -> [UInt64] {
        switch tensor.type {
        case .float32: tensor.values(as: Float.self).map { UInt64($0.bitPattern) }
        case .int32: tensor.values(as: Int32.self).map { UInt64(UInt32(bitPattern: $0)) }
        case .int64: tensor.values(as: Int64.self).map { UInt64(bitPattern: $0) }
        case .bool: tensor.values(as: Bool.self).map { $0 ? 1 : 0 }
        default: preconditionFailure("programs hold no \(tensor.type) tensors")
        }
    }

    private static func tensor(_ bits: [UInt64], _ type: TensorType) -> Tensor {
        switch type.element {
        case .float32: Tensor(bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }, shape: type.shape)
        case .int32: Tensor(bits.map { Int32(truncatingIfNeeded: $0) }, shape: type.shape)
        case .int64: Tensor(bits.map { Int64(bitPattern: $0) }, shape: type.shape)
        case .bool: Tensor(bits.map { $0 != 0 }, shape: type.shape)
        default: preconditionFailure("programs hold no \(type.element) tensors")
        }
    }
}
