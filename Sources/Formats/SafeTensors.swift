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
        let (file, metadata) = try open(FileBytes(bytes), name: name)
        return (try file.all(), metadata)
    }

    /// The file as weights that can be replaced.
    package static func open(
        _ bytes: FileBytes, name: String
    ) throws(FormatError) -> (file: WeightsFile, metadata: [String: String]) {
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
        var entries: [(range: Range<Int>, tensor: StoredTensor)] = []
        for (key, value) in header {
            if key == "__metadata__" {
                for (key, value) in value.objectValue ?? JSONObject() { metadata[key] = value.stringValue ?? "" }
                continue
            }
            entries.append(
                try entry(value, name: key, place: "\(name), tensor '\(key)'", data: reader.offset..<bytes.count))
        }
        entries.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (a, b) in zip(entries, entries.dropFirst()) where a.range.upperBound > b.range.lowerBound {
            throw FormatError(name, "tensors '\(a.tensor.name)' and '\(b.tensor.name)' overlap; the file is damaged")
        }
        let file = try WeightsFile(
            format: "safetensors", name: name, parts: [.init(suffix: "", bytes: bytes)], tensors: entries.map(\.tensor))
        return (file, metadata)
    }

    private static let kinds: [String: StoredType.Kind] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
        "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
    ]

    /// What the header says of one tensor; `data` is where tensors may lie.
    private static func entry(
        _ json: JSON, name: String, place: String, data: Range<Int>
    ) throws(FormatError) -> (range: Range<Int>, tensor: StoredTensor) {
        guard let code = json["dtype"]?.stringValue, let shape = json["shape"]?.arrayValue?.map(\.intValue),
            let offsets = json["data_offsets"]?.arrayValue?.map(\.intValue), offsets.count == 2,
            let start = offsets[0], let end = offsets[1], 0 <= start, start <= end, end <= data.count,
            shape.allSatisfy({ ($0 ?? -1) >= 0 }), shape.count <= 32
        else { throw FormatError(place, "its type, shape or place in the file is wrong; the file is damaged") }
        guard let kind = kinds[code] else {
            throw FormatError(place, "has element type \(code), which is not read")
        }
        let range = data.lowerBound + start..<data.lowerBound + end
        let tensor = try StoredTensor(
            name: name, type: StoredType(kind), shape: shape.compactMap { $0 }, range: range, place: place)
        guard tensor.byteCount == range.count else {
            throw FormatError(
                place, "has \(range.count) bytes, which its shape \(tensor.shape) of \(code) does not fill")
        }
        return (range, tensor)
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
