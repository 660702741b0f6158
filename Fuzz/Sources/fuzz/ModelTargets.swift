import Graph
import ONNX
import Tensor

/// Model files that people bring. Nothing may trap, take much memory or go on without end.
enum ModelTargets {
    static let all: [String: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt] = [
        "onnx": { onnx(bytes($0, $1)) }, "onnxnodes": { nodes(bytes($0, $1)) },
    ]

    private static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// A file: read, imported, planned; what is written with its own weights is read again and has the same.
    private static func onnx(_ input: [UInt8]) -> CInt {
        let external = ExternalData { _, _, count in count <= 1 << 16 ? [UInt8](repeating: 0x3f, count: count) : nil }
        guard let model = try? ONNXModel(input, external: external) else { return 0 }
        _ = ModelSummary(model, batch: 2)
        _ = try? model.imported(shapes: (try? model.inputTypes(batch: 1))?.mapValues(\.shape) ?? [:], mode: .training)
        // What depends on inputs is worked out for known ones.
        if let types = try? model.inputTypes(batch: 2) {
            let zeros = types.mapValues { Tensor(shape: $0.shape.map { min($0, 64) }, type: $0.element) }
            _ = try? model.imported(shapes: zeros.mapValues(\.shape), mode: .inference, constants: zeros)
        }
        guard let same = try? model.bytes(replacing: [:]) else { return 0 }
        guard let again = try? ONNXModel(same, external: external) else {
            preconditionFailure("a model that was written cannot be read")
        }
        precondition(
            again.initializers.map(\.name) == model.initializers.map(\.name)
                && zip(again.initializers, model.initializers).allSatisfy { $0.tensor == $1.tensor },
            "a model changes when it is written")
        return 0
    }

    /// The input is the graph alone: it is put into a model of the operator set that its first byte says.
    private static func nodes(_ input: [UInt8]) -> CInt {
        guard let first = input.first else { return 0 }
        let graph = Array(input.dropFirst())
        func varint(_ value: Int) -> [UInt8] {
            value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
        }
        let opsets: [UInt8] =
            [0x42, 4, 0x0a, 0, 0x10, 7 + first % 20] + [0x42, 14, 0x0a, 10] + Array("ai.onnx.ml".utf8) + [0x10, 5]
            + [0x42, 17, 0x0a, 13] + Array("com.microsoft".utf8) + [0x10, 1]
        return onnx([0x08, 9, 0x3a] + varint(graph.count) + graph + opsets)
    }
}
