import Tensor

/// Why bytes are no canonical program: where, and what is wrong there.
package struct ProgramReadingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Position of the byte after which reading could not go on.
    package let offset: Int
    package let message: String

    package var description: String {
        "the program is damaged before byte \(offset): \(message); take it again from where it came from"
    }
}

extension Program {
    /// Reads the canonical serialisation.
    ///
    /// Every type is inferred and checked anew, so that a program that can be read can be planned and run; inner nodes get
    /// automatic names. Only canonical bytes are taken: what is read is written as the same bytes.
    /// - Throws: when the bytes are cut off, are not canonical, or state what cannot be. Takes no more memory than some multiple of
    ///   the bytes.
    package init(decoding bytes: [UInt8]) throws(ProgramReadingError) {
        var reader = ProgramReader(bytes)
        guard try reader.raw(Program.magic.count).elementsEqual(Program.magic) else {
            throw reader.refusal("it does not begin as a program of version \(Program.magic.last ?? 0)")
        }
        var nodes: [Node] = []
        for _ in 0..<(try reader.count()) { nodes.append(try reader.node(nodes)) }
        var names: Set<String> = []
        for node in nodes where node.operation.code <= Operation.parameter.code {
            guard names.insert(node.name).inserted else { throw reader.refusal("two inputs are called '\(node.name)'") }
        }
        for (index, node) in nodes.enumerated() where node.operation.code > Operation.parameter.code {
            var name = "\(node.operation.name)_\(index)"
            while !names.insert(name).inserted { name += "#" }
            nodes[index] = Node(name: name, operation: node.operation, operands: node.operands, type: node.type)
        }
        var outputs: [Output] = []
        for _ in 0..<(try reader.count()) {
            outputs.append(Output(name: try reader.text(), value: try reader.value(nodes)))
        }
        var updates: [Update] = []
        for _ in 0..<(try reader.count()) {
            let update = Update(parameter: try reader.value(nodes), value: try reader.value(nodes))
            guard nodes[update.parameter.index].operation == .parameter,
                nodes[update.parameter.index].type == nodes[update.value.index].type
            else { throw reader.refusal("an update's value is not of its parameter's type") }
            updates.append(update)
        }
        var derivatives: [Derivative] = []
        for _ in 0..<(try reader.count()) { derivatives.append(try reader.derivative(nodes)) }
        guard reader.isAtEnd else { throw reader.refusal("there are bytes behind its end") }
        self.init(nodes: nodes, outputs: outputs, updates: updates, derivatives: derivatives)
    }
}

/// Takes the parts of a program from bytes.
private struct ProgramReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func refusal(_ message: String) -> ProgramReadingError { ProgramReadingError(offset: offset, message: message) }

    // MARK: Numbers and texts

    mutating func raw(_ count: Int) throws(ProgramReadingError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw refusal("it ends too early") }
        offset += count
        return bytes[offset - count..<offset]
    }

    mutating func byte() throws(ProgramReadingError) -> UInt8 {
        guard offset < bytes.count else { throw refusal("it ends too early") }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func flag() throws(ProgramReadingError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw refusal("\(value) is neither no (0) nor yes (1)") }
        return value == 1
    }

    private mutating func unsigned() throws(ProgramReadingError) -> UInt {
        var result: UInt = 0
        for shift in stride(from: UInt(0), to: 64, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw refusal("a number has more than 64 bits") }
            result |= UInt(next & 0x7f) << shift
            if next < 0x80 {
                guard next != 0 || shift == 0 else { throw refusal("a number is longer than it must be") }
                return result
            }
        }
        throw refusal("a number has more than 64 bits")
    }

    /// A number of at most 2^31, as sizes, places and counts are.
    mutating func number() throws(ProgramReadingError) -> Int {
        let value = try unsigned()
        guard value <= UInt(TypeInference.largestCount) else { throw refusal("the number \(value) is too large") }
        return Int(value)
    }

    /// How many things follow, each of at least one byte.
    mutating func count() throws(ProgramReadingError) -> Int {
        let value = try number()
        guard value <= bytes.count - offset else { throw refusal("\(value) things cannot follow") }
        return value
    }

    /// A number of at most 2^31 on either side of zero.
    mutating func signed() throws(ProgramReadingError) -> Int {
        let value = try unsigned()
        let result = Int(value >> 1) ^ -Int(value & 1)
        guard result.magnitude <= UInt(TypeInference.largestCount) else {
            throw refusal("the number \(result) is too large")
        }
        return result
    }

    private mutating func int32() throws(ProgramReadingError) -> Int32 {
        let value = try signed()
        guard let result = Int32(exactly: value) else { throw refusal("the number \(value) is too large") }
        return result
    }

    private mutating func float() throws(ProgramReadingError) -> Float {
        let value = try unsigned()
        guard let bits = UInt32(exactly: value) else { throw refusal("\(value) is no float32") }
        return Float(bitPattern: bits)
    }

    mutating func text() throws(ProgramReadingError) -> String {
        let utf8 = try raw(try count())
        guard let result = String(validating: utf8, as: UTF8.self) else { throw refusal("a name is not UTF-8") }
        return result
    }

    mutating func list() throws(ProgramReadingError) -> [Int] {
        var result: [Int] = []
        for _ in 0..<(try count()) { result.append(try signed()) }
        return result
    }

    /// Sizes that a tensor can have: none negative, not too many elements.
    private mutating func shape() throws(ProgramReadingError) -> [Int] {
        let result = try list()
        var total = 1
        for size in result {
            guard size >= 0 else { throw refusal("the size \(size) is negative") }
            // Both at most 2^31.
            total *= max(size, 1)
            guard total <= TypeInference.largestCount else { throw refusal("\(result) are too many elements") }
        }
        return result
    }

    private mutating func element() throws(ProgramReadingError) -> ElementType {
        switch try byte() {
        case 1: .float32
        case 2: .int32
        case 3: .int64
        case 4: .bool
        case let other: throw refusal("there is no element type \(other)")
        }
    }

    mutating func value(_ nodes: [Node]) throws(ProgramReadingError) -> Value {
        let index = try number()
        guard index < nodes.count else { throw refusal("the value \(index) does not come before it is used") }
        return Value(index)
    }

    // MARK: Nodes

    mutating func node(_ before: [Node]) throws(ProgramReadingError) -> Node {
        let code = try number()
        if code == Int(Operation.input.code) || code == Int(Operation.parameter.code) {
            let (name, element) = (try text(), try self.element())
            let type = TensorType(element, try shape())
            guard try number() == 0 else { throw refusal("'\(name)' cannot have operands") }
            let operation = code == Int(Operation.input.code) ? Operation.input : .parameter
            return Node(name: name, operation: operation, operands: [], type: type)
        }
        let operation = try self.operation(code)
        var operands: [Value] = []
        for _ in 0..<(try count()) { operands.append(try value(before)) }
        do {
            let type = try TypeInference.result(of: operation, operands.map { before[$0.index].type })
            return Node(name: "", operation: operation, operands: operands, type: type)
        } catch {
            throw refusal("node \(before.count) cannot be: \(error.message)")
        }
    }

    private mutating func operation(_ code: Int) throws(ProgramReadingError) -> Operation {
        switch code {
        case 3: return .constant(try tensor())
        case 4:
            let number = try byte()
            guard let function = ScalarFunction(rawValue: number) else {
                throw refusal("there is no function \(number)")
            }
            return .map(function)
        case 5: return .cast(try element())
        case 6: return .reshape(try shape())
        case 7: return .permute(try list())
        case 8: return .broadcast(try shape())
        case 9: return .slice(start: try list(), step: try list(), shape: try shape())
        case 10: return .pad(before: try list(), after: try list())
        case 11: return .concatenate(axis: try number())
        case 12: return .gather(axis: try number())
        case 13: return .scatterAdd(axis: try number(), size: try number())
        case 14: return .pick(axis: try number())
        case 15:
            let number = try byte()
            guard let kind = Reduction(rawValue: number) else { throw refusal("there is no reduction \(number)") }
            return .reduce(kind, axes: try list())
        case 16: return .matmul(transposeA: try flag(), transposeB: try flag())
        case 17: return .convolve(try window(), groups: try number())
        case 18: return .convolveInputGradient(try window(), groups: try number(), shape: try shape())
        case 19: return .convolveWeightGradient(try window(), groups: try number(), shape: try shape())
        case 20: return .maxPool(try window())
        case 21: return .maxPoolGradient(try window())
        case 22: return .trees(try trees())
        case 23: return .sumPool(try window())
        case 24: return .sumPoolGradient(try window(), shape: try shape())
        default: throw refusal("there is no operation \(code)")
        }
    }

    private mutating func tensor() throws(ProgramReadingError) -> Tensor {
        let type = TensorType(try element(), try shape())
        // A shape has at most 2^31 elements of at most 8 bytes; what is not there is not allocated.
        let content = try raw(type.byteCount)
        if type.element == .bool, let wrong = content.first(where: { $0 > 1 }) { throw refusal("\(wrong) is no bool") }
        var tensor = Tensor(shape: type.shape, type: type.element)
        tensor.withUnsafeMutableBytes { $0.copyBytes(from: content) }
        return tensor
    }

    private mutating func window() throws(ProgramReadingError) -> Window {
        Window(
            kernel: try list(), stride: try list(), dilation: try list(), before: try list(), after: try list())
    }

    private mutating func trees() throws(ProgramReadingError) -> TreeEnsemble {
        let (features, targets) = (try number(), try count())
        let fold = try byte()
        guard let aggregate = TreeEnsemble.Aggregate(rawValue: fold) else { throw refusal("there is no fold \(fold)") }
        var base: [Float] = []
        for _ in 0..<targets { base.append(try float()) }
        var roots: [Int32] = []
        for _ in 0..<(try count()) { roots.append(try int32()) }
        var nodes: [TreeEnsemble.Node] = []
        for _ in 0..<(try count()) {
            let number = try byte()
            guard let comparison = TreeEnsemble.Comparison(rawValue: number) else {
                throw refusal("there is no comparison \(number)")
            }
            nodes.append(
                TreeEnsemble.Node(
                    comparison: comparison, feature: try int32(), threshold: try float(), whenTrue: try int32(),
                    whenFalse: try int32(), missingGoesTrue: try flag()))
        }
        var weights: [TreeEnsemble.Weight] = []
        for _ in 0..<(try count()) { weights.append(TreeEnsemble.Weight(target: try int32(), value: try float())) }
        return TreeEnsemble(
            features: features, targets: targets, aggregate: aggregate, base: base, roots: roots, nodes: nodes,
            weights: weights)
    }

    // MARK: Derivatives

    mutating func derivative(_ nodes: [Node]) throws(ProgramReadingError) -> Derivative {
        let code = try byte()
        guard code == 1 || code == 2 else { throw refusal("there is no derivative rule \(code)") }
        let (result, logits) = (try value(nodes), try value(nodes))
        func type(_ value: Value) -> TensorType { nodes[value.index].type }
        let of = type(logits)
        guard of.element == .float32, of.rank >= 1, logits < result else {
            throw refusal("a derivative rule is about \(of)")
        }
        if code == 1 {
            guard type(result) == of else { throw refusal("a softmax of \(of) cannot be \(type(result))") }
            return .softmax(result: result, logits: logits)
        }
        let (labels, exponentials, sums) = (try value(nodes), try value(nodes), try value(nodes))
        let isIndex = type(labels).element == .int64 || type(labels).element == .int32
        guard of.rank == 2, isIndex, type(labels).shape == [of.shape[0]], type(exponentials) == of,
            type(sums) == TensorType(.float32, [of.shape[0], 1]), type(result) == TensorType(.float32, []),
            max(labels, exponentials, sums) < result
        else { throw refusal("a cross-entropy of \(of) does not fit its parts") }
        return .crossEntropy(result: result, logits: logits, labels: labels, exponentials: exponentials, sums: sums)
    }
}
