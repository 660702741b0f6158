import JSON
package import Tensor

/// Hugging Face's `safetensors`: a JSON header, then the tensors' bytes one behind the other.
package enum SafeTensors {
    /// The most bytes that a header may have (the format's own limit).
    private static let headerLimit = 100_000_000

    /// Reads all the tensors, in the order of their bytes, and the file's own metadata.
    ///
    /// `F64` and `F16` become float32, `BF16` stays as storage, `I16 U16 U32 U64` become int64.
    package static func read(
        _ bytes: [UInt8], name: String
    ) throws(FormatError) -> (tensors: [(name: String, tensor: Tensor)], metadata: [String: String]) {
        var reader = ByteReader(bytes, place: name)
        let length = try reader.length(UInt64.self, "the header's length")
        guard length <= headerLimit else { throw FormatError(name, "its header claims \(length) bytes: too large") }
        let text = Array(try reader.take(length, "the header"))
        let header: JSONObject
        do {
            guard let object = try JSON(parsing: text).objectValue else {
                throw FormatError(name, "its header is no JSON object")
            }
            header = object
        } catch let error as FormatError { throw error } catch {
            throw FormatError(name, "its header is no JSON: \(error)")
        }
        var metadata: [String: String] = [:]
        var found: [(range: Range<Int>, name: String, tensor: Tensor)] = []
        for (key, value) in header {
            if key == "__metadata__" {
                for (key, value) in value.objectValue ?? JSONObject() { metadata[key] = value.stringValue ?? "" }
                continue
            }
            let entry = try Entry(value, place: "\(name), tensor '\(key)'", available: reader.remaining)
            let data = Array(bytes[(reader.offset + entry.range.lowerBound)..<(reader.offset + entry.range.upperBound)])
            found.append((entry.range, key, try entry.tensor(data)))
        }
        found.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (a, b) in zip(found, found.dropFirst()) where a.range.upperBound > b.range.lowerBound {
            throw FormatError(name, "tensors '\(a.name)' and '\(b.name)' overlap; the file is damaged")
        }
        return (found.map { ($0.name, $0.tensor) }, metadata)
    }

    /// The bytes of a file with these tensors; the header is padded to 8 bytes as the format's own writer does.
    package static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [(String, String)] = []
    ) -> [UInt8] {
        var header = JSONObject()
        if !metadata.isEmpty {
            var object = JSONObject()
            for (key, value) in metadata { object[key] = .string(value) }
            header["__metadata__"] = .object(object)
        }
        var data = [UInt8]()
        for (name, tensor) in tensors {
            let start = data.count
            tensor.withUnsafeBytes { data += $0 }
            var entry = JSONObject()
            entry["dtype"] = .string(Self.name(of: tensor.type))
            entry["shape"] = .array(tensor.shape.map { .integer(Int64($0)) })
            entry["data_offsets"] = .array([.integer(Int64(start)), .integer(Int64(data.count))])
            header[name] = .object(entry)
        }
        var text = JSON.object(header).bytes
        while text.count % 8 != 0 { text.append(0x20) }
        var bytes = [UInt8]()
        bytes.append(littleEndian: UInt64(text.count))
        return bytes + text + data
    }

    private static func name(of type: ElementType) -> String {
        switch type {
        case .float32: "F32"
        case .int32: "I32"
        case .int64: "I64"
        case .bool: "BOOL"
        case .int8: "I8"
        case .uint8: "U8"
        case .bfloat16: "BF16"
        }
    }
}

/// What the header says of one tensor.
private struct Entry {
    let type: String
    let shape: [Int]
    let range: Range<Int>
    let place: String

    private static let kinds = [
        "F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U64": "u8",
        "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "b1", "BF16": "u2",
    ]

    init(_ json: JSON, place: String, available: Int) throws(FormatError) {
        guard let type = json["dtype"]?.stringValue, let shape = json["shape"]?.arrayValue?.map(\.intValue),
            let offsets = json["data_offsets"]?.arrayValue?.map(\.intValue), offsets.count == 2,
            let start = offsets[0], let end = offsets[1], 0 <= start, start <= end, end <= available,
            shape.allSatisfy({ ($0 ?? -1) >= 0 }), shape.count <= 32
        else { throw FormatError(place, "its type, shape or place in the file is wrong; the file is damaged") }
        (self.type, self.shape, range) = (type, shape.compactMap { $0 }, start..<end)
        self.place = place
    }

    func tensor(_ data: [UInt8]) throws(FormatError) -> Tensor {
        guard let kind = Self.kinds[type], let size = kind.last?.wholeNumberValue else {
            throw FormatError(place, "has element type \(type), which is not read")
        }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw FormatError(place, "its shape \(shape) is too large") }
            count = product
        }
        guard count <= data.count, count * size == data.count else {
            throw FormatError(place, "has \(data.count) bytes, which its shape \(shape) of \(type) does not fill")
        }
        if type == "BF16" {
            var tensor = Tensor(shape: shape, type: .bfloat16)
            tensor.withUnsafeMutableBytes { $0.copyBytes(from: data) }
            return tensor
        }
        return try Npy.decode(data, kind: kind, shape: shape, place: place)
    }
}
