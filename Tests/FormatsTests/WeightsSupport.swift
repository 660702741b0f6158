import Bytes
import Formats
import JSON
import Tensor
import TestVectors
import Testing

/// Every value of a tensor as a number, whatever its type.
func numbers(_ tensor: Tensor) -> [Double] {
    switch tensor.type {
    case .float32: tensor.values(as: Float.self).map(Double.init)
    case .int32: tensor.values(as: Int32.self).map(Double.init)
    case .int64: tensor.values(as: Int64.self).map(Double.init)
    case .bool: tensor.values(as: Bool.self).map { $0 ? 1 : 0 }
    case .int8: tensor.values(as: Int8.self).map(Double.init)
    case .uint8: tensor.values(as: UInt8.self).map(Double.init)
    case .bfloat16: tensor.values(as: BFloat16.self).map { Double(Float(bitPattern: UInt32($0.bits) << 16)) }
    }
}

/// The text of the error that `body` throws, if it throws.
func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return String(describing: error) }
}

/// What a library wrote, as vectors have it: the file, and shape and values of each tensor by name.
struct WeightsVector {
    let file: [UInt8]
    let tensors: [(name: String, shape: [Int], values: [Double])]

    init(_ json: JSON) throws {
        file = try [UInt8](hex: json.string("file"))
        tensors = try (json.member("tensors").objectValue ?? JSONObject()).map { name, tensor in
            (
                name, try tensor.member("shape").arrayValue?.compactMap(\.intValue) ?? [],
                try tensor.member("values").arrayValue?.compactMap(\.doubleValue) ?? []
            )
        }
    }

    /// Expects exactly these tensors, in any order.
    func check(_ weights: WeightsFile) throws {
        let all = Dictionary(uniqueKeysWithValues: try weights.all().map { ($0.name, $0.tensor) })
        #expect(all.keys.sorted() == tensors.map(\.name).sorted())
        for (name, shape, values) in tensors {
            let tensor = try #require(all[name])
            #expect(tensor.shape == shape, "\(name)")
            #expect(numbers(tensor) == values.map { tensor.type == .float32 ? Double(Float($0)) : $0 }, "\(name)")
        }
    }
}

/// Opens every truncation of a file and the file with every byte changed; nothing may trap, and what opens may be read.
func survives(_ file: [UInt8], every step: Int = 1) {
    func open(_ bytes: [UInt8]) {
        guard let weights = try? WeightsFile(bytes, name: "damaged"), let all = try? weights.all() else { return }
        _ = try? weights.replacing(Dictionary(all.map { ($0.name, $0.tensor) }) { first, _ in first })
    }
    for count in stride(from: 0, to: file.count, by: step) { open(Array(file.prefix(count))) }
    for index in stride(from: 0, to: file.count, by: step) {
        for change: UInt8 in [0x41, 0xFF] {
            var damaged = file
            damaged[index] ^= change
            open(damaged)
        }
    }
}
