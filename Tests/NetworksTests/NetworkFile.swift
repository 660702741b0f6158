import Bytes
import Tensor
import Training

/// A network file is made here from its wire format: y = relu(x w1 + b1) w2 + b2.
func networkFile(_ sizes: [Int]) -> [UInt8] {
    func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }
    func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(bytes.count) + bytes }
    func field(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
    func text(_ number: Int, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }
    func info(_ name: String, _ columns: Int) -> [UInt8] {
        let dimensions = field(1, text(2, "N")) + field(1, field(1, columns))
        return text(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))
    }
    func node(_ type: String, _ inputs: [String], _ output: String) -> [UInt8] {
        inputs.reduce(into: []) { $0 += text(1, $1) } + text(2, output) + text(4, type)
    }
    var graph: [UInt8] = []
    let initial = Model.mlp(sizes).initialParameters(seed: .zero)
    for slot in Model.mlp(sizes).slots {
        let dimensions: [UInt8] = slot.shape.reduce(into: []) { $0 += field(1, $1) }
        let raw = initial[slot.range].reduce(into: [UInt8]()) { bytes, value in
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * shift))) }
        }
        graph += field(5, dimensions + field(2, 1) + text(8, slot.name) + field(9, raw))
    }
    graph += field(1, node("Gemm", ["x", "w1", "b1"], "h")) + field(1, node("Relu", ["h"], "r"))
    graph += field(1, node("Gemm", ["r", "w2", "b2"], "y"))
    graph += field(11, info("x", sizes[0])) + field(12, info("y", sizes[2]))
    return field(1, 8) + field(7, graph) + field(8, text(1, "") + field(2, 18))
}
