import Bytes
import Ethereum
import Storage

/// The form in which a whole chain travels: RLP items one after the other.
///
/// The first is `["cairn-chain", 1, genesis document]`. Each of the others is a block, as Ethereum encodes it, or
/// `[intervention]` with the bytes of a change of state that was made between two blocks. The last is
/// `[hash of the newest block, root of the newest state]`, without which the file is not whole.
enum ChainFile {
    enum Item {
        case block(Block, raw: [UInt8])
        case intervention([UInt8])
        case end(head: Hash32, stateRoot: Hash32)
    }

    private static let name = Array("cairn-chain".utf8)

    /// Bytes of one item at most; a longer one is damage.
    private static let largestItem = 1 << 30

    static func opening(_ document: GenesisDocument) -> [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in
            list.append(name)
            list.append(1 as UInt64)
            list.append(encoded: document.encoded)
        }
        return encoder.bytes
    }

    static func intervention(_ data: [UInt8]) -> [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in list.append(data) }
        return encoder.bytes
    }

    static func end(head: Hash32, stateRoot: Hash32) -> [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in
            list.append(head)
            list.append(stateRoot)
        }
        return encoder.bytes
    }

    /// Reads the first item.
    static func readOpening(_ file: inout InputFile, path: String) throws(StorageError) -> GenesisDocument {
        guard let bytes = try nextItem(&file, path: path) else { throw damaged(path, "it is empty") }
        guard let (found, version, document) = try? opening(decoding: bytes), found == name else {
            throw StorageError(.incompatible, "\(path) is not the export of a chain")
        }
        guard version == 1 else {
            throw StorageError(.incompatible, "\(path): the export is of a later version; read it with a later program")
        }
        do { return try GenesisDocument(decoding: document) } catch {
            throw damaged(path, "the genesis cannot be read: \(error)")
        }
    }

    private static func opening(decoding bytes: [UInt8]) throws(RLPError) -> ([UInt8], UInt64, [UInt8]) {
        var outer = RLPReader(bytes)
        var reader = try outer.list()
        return (try reader.array(), try reader.uint64(), Array(try reader.raw()))
    }

    /// Reads the next block or intervention; nil at the end.
    static func readItem(_ file: inout InputFile, path: String, number: UInt64) throws(StorageError) -> Item? {
        guard let bytes = try nextItem(&file, path: path) else { return nil }
        do {
            var outer = RLPReader(bytes)
            var reader = try outer.list()
            if reader.isAtList { return .block(try Block(decoding: bytes), raw: bytes) }
            let data = try reader.array()
            if reader.isAtEnd { return .intervention(data) }
            return .end(head: Hash32(checking: data) ?? .zero, stateRoot: try reader.hash())
        } catch {
            throw damaged(path, "the item after block \(number) cannot be read: \(error)")
        }
    }

    private static func nextItem(_ file: inout InputFile, path: String) throws(StorageError) -> [UInt8]? {
        let head = Array(try file.peek(9))
        guard let first = head.first else { return nil }
        var size = 0
        switch first {
        case 0xc0...0xf7: size = 1 + Int(first - 0xc0)
        case 0xf8...0xff:
            let width = Int(first - 0xf7)
            guard head.count > width else { throw damaged(path, "it ends in the middle of an item") }
            var length = 0
            for byte in head[1...width] {
                guard length <= largestItem else { break }
                length = length << 8 | Int(byte)
            }
            size = 1 + width + length
        default: throw damaged(path, "an item is no list")
        }
        guard size <= largestItem else { throw damaged(path, "an item claims \(size) bytes") }
        let bytes = try file.read(size)
        guard bytes.count == size else { throw damaged(path, "it ends in the middle of an item") }
        return bytes
    }

    private static func damaged(_ path: String, _ what: String) -> StorageError {
        StorageError(.corrupt, "\(path): the export is damaged: \(what); export again, or copy the file again")
    }
}
