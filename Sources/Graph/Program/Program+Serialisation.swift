package import Bytes
import Crypto
import Tensor

// The canonical bytes of a program. Names of inner nodes are not part of them: two programs that compute the same by the
// same steps have the same hash.
//
//   "cairn program" 0x01 | nodes | outputs | updates | derivatives
//
// Counts and sizes are LEB128; signed numbers zigzag first; a list is its count and its items.
extension Program {
    static let magic = Array("cairn program".utf8) + [1]

    /// The canonical serialisation.
    package var encoded: [UInt8] {
        var writer = ProgramWriter()
        writer.raw(Self.magic)
        writer.number(nodes.count)
        for node in nodes { writer.node(node) }
        writer.number(outputs.count)
        for output in outputs {
            writer.text(output.name)
            writer.number(output.value.index)
        }
        writer.number(updates.count)
        for update in updates {
            writer.number(update.parameter.index)
            writer.number(update.value.index)
        }
        writer.number(derivatives.count)
        for derivative in derivatives { writer.derivative(derivative) }
        return writer.bytes
    }

    /// keccak256 of the canonical serialisation: what a contract binds.
    package var hash: Hash32 { keccak256(encoded) }
}

/// Appends the parts of a program to bytes.
private struct ProgramWriter {
    var bytes: [UInt8] = []

    mutating func raw(_ more: [UInt8]) { bytes += more }

    mutating func number(_ value: Int) {
        var rest = UInt(bitPattern: value)
        repeat {
            let low = UInt8(rest & 0x7f)
            rest >>= 7
            bytes.append(rest == 0 ? low : low | 0x80)
        } while rest != 0
    }

    mutating func signed(_ value: Int) { number((value << 1) ^ (value >> (Int.bitWidth - 1))) }

    mutating func text(_ value: String) {
        let utf8 = Array(value.utf8)
        number(utf8.count)
        raw(utf8)
    }

    mutating func list(_ values: [Int]) {
        number(values.count)
        for value in values { signed(value) }
    }

    mutating func type(_ type: ElementType) {
        // Fixed numbers, whatever the numbering in memory.
        switch type {
        case .float32: bytes.append(1)
        case .int32: bytes.append(2)
        case .int64: bytes.append(3)
        case .bool: bytes.append(4)
        default: preconditionFailure("programs hold no \(type) tensors")
        }
    }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func window(_ window: Window) {
        for part in [window.kernel, window.stride, window.dilation, window.before, window.after] { list(part) }
    }

    mutating func node(_ node: Node) {
        number(Int(node.operation.code))
        switch node.operation {
        case .input, .parameter:
            text(node.name)
            type(node.type.element)
            list(node.type.shape)
        case .constant(let tensor):
            type(tensor.type)
            list(tensor.shape)
            tensor.withUnsafeBytes { bytes += $0 }
        case .map(let function): bytes.append(function.rawValue)
        case .cast(let element): type(element)
        case .reshape(let shape), .broadcast(let shape): list(shape)
        case .permute(let order): list(order)
        case .slice(let start, let step, let shape): for part in [start, step, shape] { list(part) }
        case .pad(let before, let after): for part in [before, after] { list(part) }
        case .concatenate(let axis), .gather(let axis), .pick(let axis): number(axis)
        case .scatterAdd(let axis, let size):
            number(axis)
            number(size)
        case .reduce(let kind, let axes):
            bytes.append(kind.rawValue)
            list(axes)
        case .matmul(let a, let b):
            flag(a)
            flag(b)
        case .convolve(let window, let groups):
            self.window(window)
            number(groups)
        case .convolveInputGradient(let window, let groups, let shape),
            .convolveWeightGradient(let window, let groups, let shape):
            self.window(window)
            number(groups)
            list(shape)
        case .maxPool(let window), .maxPoolGradient(let window), .sumPool(let window): self.window(window)
        case .sumPoolGradient(let window, let shape):
            self.window(window)
            list(shape)
        case .trees(let ensemble): trees(ensemble)
        }
        number(node.operands.count)
        for operand in node.operands { number(operand.index) }
    }

    mutating func trees(_ ensemble: TreeEnsemble) {
        number(ensemble.features)
        number(ensemble.targets)
        bytes.append(ensemble.aggregate.rawValue)
        for value in ensemble.base { number(Int(value.bitPattern)) }
        list(ensemble.roots.map(Int.init))
        number(ensemble.nodes.count)
        for node in ensemble.nodes {
            bytes.append(node.comparison.rawValue)
            signed(Int(node.feature))
            number(Int(node.threshold.bitPattern))
            signed(Int(node.whenTrue))
            signed(Int(node.whenFalse))
            flag(node.missingGoesTrue)
        }
        number(ensemble.weights.count)
        for weight in ensemble.weights {
            signed(Int(weight.target))
            number(Int(weight.value.bitPattern))
        }
    }

    mutating func derivative(_ derivative: Derivative) {
        let values: [Value]
        switch derivative {
        case .softmax(let result, let logits):
            bytes.append(1)
            values = [result, logits]
        case .crossEntropy(let result, let logits, let labels, let exponentials, let sums):
            bytes.append(2)
            values = [result, logits, labels, exponentials, sums]
        }
        for value in values { number(value.index) }
    }
}

extension Operation {
    /// The number that stands for the operation in the serialisation.
    var code: UInt8 {
        switch self {
        case .input: 1
        case .parameter: 2
        case .constant: 3
        case .map: 4
        case .cast: 5
        case .reshape: 6
        case .permute: 7
        case .broadcast: 8
        case .slice: 9
        case .pad: 10
        case .concatenate: 11
        case .gather: 12
        case .scatterAdd: 13
        case .pick: 14
        case .reduce: 15
        case .matmul: 16
        case .convolve: 17
        case .convolveInputGradient: 18
        case .convolveWeightGradient: 19
        case .maxPool: 20
        case .maxPoolGradient: 21
        case .trees: 22
        case .sumPool: 23
        case .sumPoolGradient: 24
        }
    }
}
