extension WeightsFile {
    /// Opens a weights file of any format that is read, told apart by its first bytes.
    ///
    /// - Parameter path: the file; for a TensorFlow checkpoint its prefix, or its `.index`.
    /// - Throws: `FormatError`, also where no format is recognised.
    package init(path: String) throws(FormatError) {
        let prefix = path.hasSuffix(".index") ? String(path.dropLast(6)) : path
        if FileBytes.isFile(prefix + ".index"), prefix != path || !FileBytes.isFile(path) {
            self = try TensorBundle.open(prefix: prefix) { suffix throws(FormatError) in
                try FileBytes(mapping: prefix + suffix)
            }
            return
        }
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
            if KerasFile.recognises(archive) { return try KerasFile.open(archive, name: name) }
            return try Npz.open(archive, name: name)
        }
        if bytes.starts(with: TorchFile.oldMagic) { return try TorchFile.openOld(bytes, name: name) }
        if bytes.starts(with: HDF5File.signature) {
            return try WeightsFile(
                format: "HDF5", name: name, parts: [.init(suffix: "", bytes: bytes)],
                tensors: try HDF5File.tensors(in: bytes, name: name))
        }
        // safetensors has no magic number: a length, then a JSON object.
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return try SafeTensors.open(bytes, name: name).file }
        throw FormatError(
            name,
            "is no weights file that is read: .pt, .keras, .h5, .npz, .safetensors or a TensorFlow checkpoint")
    }
}
