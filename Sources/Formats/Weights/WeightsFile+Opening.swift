extension WeightsFile {
    /// Opens a weights file of any format that is read, told apart by its first bytes.
    ///
    /// - Throws: `FormatError`, also where no format is recognised.
    package init(path: String) throws(FormatError) {
        self = try Self.open(try FileBytes(mapping: path), name: path)
    }

    /// The same from bytes in memory.
    package init(_ bytes: [UInt8], name: String) throws(FormatError) {
        self = try Self.open(FileBytes(bytes), name: name)
    }

    private static func open(_ bytes: FileBytes, name: String) throws(FormatError) -> WeightsFile {
        if bytes.starts(with: [0x50, 0x4B]) {
            let archive = try ZipArchive(bytes, name: name)
            if TorchFile.recognises(archive) { return try TorchFile.open(archive, name: name) }
            return try Npz.open(archive, name: name)
        }
        if bytes.starts(with: TorchFile.oldMagic) { return try TorchFile.openOld(bytes, name: name) }
        // safetensors has no magic number: a length, then a JSON object.
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return try SafeTensors.open(bytes, name: name).file }
        throw FormatError(
            name,
            "is no weights file that is read: .pt, .npz or .safetensors")
    }
}
