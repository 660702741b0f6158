/// HDF5 files (File Format Specification 3.0) as far as h5py and Keras write them with their usual settings: `.h5`, `.weights.h5`.
///
/// Superblocks 0 to 3; groups by symbol table, by links in their header or in a heap; data contiguous, compact or in chunks, unless newer
/// HDF5 wrote them so that they can grow, with the filters deflate, shuffle and Fletcher's checksum; numbers of every size and order. Text and other data sets that hold no
/// numbers are left out, attributes are not read. Data sets are named by their path, such as `layers/dense/vars/0`.
enum HDF5File {
    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// All data sets of numbers, in the order of the groups.
    ///
    /// - Parameter part: which part of the weights the file is.
    static func tensors(in bytes: FileBytes, part: Int = 0, name: String) throws(FormatError) -> [StoredTensor] {
        let medium = try HDF5Medium(bytes, name: name)
        var walk = HDF5Walk(medium: medium, part: part)
        try walk.visit(medium.root, path: "", depth: 0)
        return walk.tensors
    }
}

/// The file, the widths of its addresses, and where its objects begin.
struct HDF5Medium: Sendable {
    let bytes: FileBytes
    let name: String
    let offsetSize: Int
    let lengthSize: Int
    /// The address of the root group's header.
    let root: Int
    /// Where the superblock says how long the file is; nil where a checksum covers it.
    let endPosition: Int?

    init(_ bytes: FileBytes, name: String) throws(FormatError) {
        (self.bytes, self.name) = (bytes, name)
        var reader = ByteReader(bytes, place: name)
        guard try reader.take(8, "the signature").elementsEqual(HDF5File.signature) else {
            throw FormatError(name, "is no HDF5 file, or has a user block before it")
        }
        let version = try reader.integer(UInt8.self, "the superblock")
        guard version <= 3 else { throw FormatError(name, "has a superblock of version \(version); 0 to 3 are read") }
        if version < 2 { try reader.skip(4, "the superblock") }
        let offsets = Int(try reader.integer(UInt8.self, "the superblock"))
        let lengths = Int(try reader.integer(UInt8.self, "the superblock"))
        guard [2, 4, 8].contains(offsets), [2, 4, 8].contains(lengths) else {
            throw FormatError(name, "has addresses of \(offsets) and lengths of \(lengths) bytes; the file is damaged")
        }
        try reader.skip(version < 2 ? 9 : 1, "the superblock")
        if version == 1 { try reader.skip(4, "the superblock") }
        func address(_ what: String) throws(FormatError) -> Int? {
            try Self.integer(&reader, offsets, what)
        }
        guard try address("the base address") == 0 else {
            throw FormatError(name, "does not begin at its first byte: it has a user block")
        }
        _ = try address("the superblock")
        endPosition = version < 2 ? reader.offset : nil
        guard let end = try address("the end of the file"), end <= bytes.count else {
            throw FormatError(name, "is shorter than it says; it is truncated")
        }
        _ = version < 2 ? try address("the superblock") : nil
        // Version 0 and 1: an entry of a symbol table, the name's place first.
        _ = version < 2 ? try address("the root group") : nil
        guard let root = try address("the root group") else { throw FormatError(name, "has no root group") }
        (offsetSize, lengthSize, self.root) = (offsets, lengths, root)
    }

    func reader(at address: Int) -> ByteReader { ByteReader(bytes, at: address, place: name) }

    /// An address; nil where it is undefined (all ones).
    func address(_ reader: inout ByteReader, _ what: @autoclosure () -> String) throws(FormatError) -> Int? {
        try Self.integer(&reader, offsetSize, what())
    }

    func length(_ reader: inout ByteReader, _ what: @autoclosure () -> String) throws(FormatError) -> Int? {
        try Self.integer(&reader, lengthSize, what())
    }

    private static func integer(
        _ reader: inout ByteReader, _ size: Int, _ what: @autoclosure () -> String
    ) throws(FormatError) -> Int? {
        var value: UInt64 = 0
        for byte in try reader.take(size, what()).reversed() { value = value << 8 | UInt64(byte) }
        if value == UInt64.max >> UInt64(64 - 8 * size) { return nil }
        guard let result = Int(exactly: value), result <= reader.bytes.count || result < 1 << 44 else {
            throw FormatError(reader.place, "\(what()) is \(value): too large")
        }
        return result
    }

    func damaged(_ what: String) -> FormatError { FormatError(name, "\(what); the file is damaged") }
}
