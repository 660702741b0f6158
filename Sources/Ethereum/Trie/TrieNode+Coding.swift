import Bytes
import Crypto

extension TrieNode {
    /// Makes sure that `reference` is known here and below, re-hashing only what changed.
    ///
    /// - Parameters:
    ///   - scratch: reused for encodings.
    ///   - emit: where given, receives every node that is not stored yet and is referred to by hash, children
    ///     first, and such nodes count as stored from then on.
    func settle(isRoot: Bool, scratch: TrieScratch, emit: ((Hash32, [UInt8]) -> Void)?) {
        if isStored { return }
        if emit == nil {
            guard case .unknown = reference else { return }
        }
        for index in children.indices { settleChild(index, scratch: scratch, emit: emit) }
        encode(into: scratch)
        if scratch.count < 32, !isRoot {
            reference = .inline(Array(scratch.bytes))
        } else {
            let hash: Hash32
            if case .hash(let known) = reference { hash = known } else { hash = keccak256(scratch.bytes) }
            reference = .hash(hash)
            emit?(hash, Array(scratch.bytes))
        }
        if emit != nil { isStored = true }
    }

    private func settleChild(_ index: Int, scratch: TrieScratch, emit: ((Hash32, [UInt8]) -> Void)?) {
        let bit = 1 as UInt16 &<< UInt16(index)
        if !children[index].hash.isZero, emit == nil || storedChildren & bit != 0 { return }
        guard let node = children[index].node else { return }
        node.settle(isRoot: false, scratch: scratch, emit: emit)
        guard case .hash(let hash) = node.reference else { return }
        children[index].hash = hash
        if node.isStored { storedChildren |= bit } else { storedChildren &= ~bit }
    }

    /// Writes the node's RLP; the children's references are known.
    func encode(into scratch: TrieScratch) {
        var payload = 0
        if kind != .branch { payload += pathSize }
        for index in children.indices { payload += children[index].referenceSize }
        if kind != .extension { payload += TrieWriter.size(item: value) }
        var writer = scratch.begin(TrieWriter.headerSize(payload) + payload)
        writer.appendHeader(0xC0, payload)
        if kind != .branch {
            // A single byte is a flag below 0x40 and stands for itself; at most 33 bytes take a short header.
            if path.encodedCount > 1 { writer.append(0x80 + UInt8(path.encodedCount)) }
            path.write(isLeaf: kind == .leaf, to: &writer)
        }
        for index in children.indices { children[index].writeReference(to: &writer) }
        if kind != .extension { writer.append(item: value) }
    }

    private var pathSize: Int { path.encodedCount == 1 ? 1 : path.encodedCount + 1 }
}

extension TrieLink {
    /// How many bytes the link takes in its parent.
    fileprivate var referenceSize: Int {
        if !hash.isZero { return 33 }
        guard let node else { return 1 }
        switch node.reference {
        case .hash: return 33
        case .inline(let bytes): return bytes.count
        case .unknown: preconditionFailure("a trie node is encoded before its children")
        }
    }

    fileprivate func writeReference(to writer: inout TrieWriter) {
        guard hash.isZero else { return writer.append(hash) }
        guard let node else { return writer.append(0x80) }
        switch node.reference {
        case .hash(let hash): writer.append(hash)
        case .inline(let bytes): writer.append(bytes)
        case .unknown: preconditionFailure("a trie node is encoded before its children")
        }
    }
}

// MARK: - Decoding

extension TrieNode {
    /// Reads a stored node; nodes inside it that are shorter than 32 bytes come with it.
    static func decode(_ bytes: [UInt8], hash: Hash32) throws(TrieError) -> TrieNode {
        do {
            var reader = RLPReader(bytes)
            let node = try decode(from: &reader)
            try reader.end()
            node.reference = .hash(hash)
            return node
        } catch {
            throw .corruptNode(hash, error)
        }
    }

    private static func decode(from reader: inout RLPReader) throws(RLPError) -> TrieNode {
        let start = reader.offset
        var items = try reader.list()
        let node: TrieNode
        var count = 0
        var counter = items
        while !counter.isAtEnd {
            _ = try counter.raw()
            count += 1
        }
        if count == 2 {
            guard let (path, isLeaf) = NibblePath.decode(try items.slice()) else {
                throw .notCanonical("a trie node's path is malformed", offset: start)
            }
            if isLeaf {
                node = .leaf(path, try items.array())
                guard !node.value.isEmpty else { throw .notCanonical("a trie leaf holds nothing", offset: start) }
            } else {
                let child = try link(from: &items)
                guard !child.isEmpty, !path.isEmpty else {
                    throw .notCanonical("a trie extension leads nowhere", offset: start)
                }
                node = .extension(path, child)
            }
        } else {
            guard count == 17 else { throw .notCanonical("a trie node has \(count) items", offset: start) }
            node = .branch()
            for index in 0..<16 { node.children[index] = try link(from: &items) }
            node.value = try items.array()
        }
        node.isStored = true
        return node
    }

    private static func link(from items: inout RLPReader) throws(RLPError) -> TrieLink {
        let start = items.offset
        if items.isAtList {
            var copy = items
            let raw = Array(try copy.raw())
            guard raw.count < 32 else { throw .notCanonical("an embedded trie node is too long", offset: start) }
            let node = try decode(from: &items)
            node.reference = .inline(raw)
            return TrieLink(node)
        }
        let bytes = try items.slice()
        if bytes.isEmpty { return .empty }
        guard bytes.count == 32 else { throw .wrongLength(expected: 32, actual: bytes.count, offset: start) }
        let hash = Hash32(bytes)
        guard !hash.isZero else { throw .notCanonical("a trie node's hash is zero", offset: start) }
        return TrieLink(hash: hash)
    }
}
