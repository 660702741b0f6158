/// Reads tensors that lie in files beside the model.
package struct ExternalData: Sendable {
    /// The bytes of a file in the model's folder, `offset` and `length` already checked to be positive; nil when it cannot be read.
    package typealias Source = @Sendable (_ file: String, _ offset: Int, _ length: Int) -> [UInt8]?

    private let source: Source?

    /// No files: a model that needs one is refused.
    package static let none = ExternalData(source: nil)

    package init(source: Source?) { self.source = source }

    /// Where a tensor lies.
    struct Reference {
        let file: String
        let offset: Int
        let count: Int
    }

    /// Reads the place of a tensor of `count` bytes; it must be in the model's folder.
    static func reference(in proto: ProtoMessage, tensor: String, count: Int) throws(ONNXError) -> Reference {
        func refusal(_ message: String) -> ONNXError { ONNXError("tensor '\(tensor)': \(message)") }
        var entries: [String: String] = [:]
        for block in proto.blocks(13) {
            let entry = try ProtoMessage(block)
            if let key = entry.text(1), let value = entry.text(2) { entries[key] = value }
        }
        guard let file = entries["location"] else { throw refusal("is external, but names no file") }
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        let isInside = !file.contains("\\") && !file.contains("\0") && !parts.contains("..") && !parts.contains("")
        guard isInside else {
            throw refusal("its file '\(file.prefix(80))' is outside the model's folder: refused")
        }
        guard let offset = Int(entries["offset"] ?? "0"), (0...Int.max - count).contains(offset) else {
            throw refusal("has a wrong offset")
        }
        if let stated = entries["length"], Int(stated) != count {
            throw refusal("states \(stated.prefix(20)) bytes, its shape needs \(count)")
        }
        return Reference(file: file, offset: offset, count: count)
    }

    func bytes(of reference: Reference, tensor: String) throws(ONNXError) -> [UInt8] {
        guard let source else {
            throw ONNXError("tensor '\(tensor)': lies in the file '\(reference.file)', which was not given")
        }
        guard let bytes = source(reference.file, reference.offset, reference.count), bytes.count == reference.count
        else {
            throw ONNXError("tensor '\(tensor)': the file '\(reference.file)' cannot be read or is too short")
        }
        return bytes
    }
}
