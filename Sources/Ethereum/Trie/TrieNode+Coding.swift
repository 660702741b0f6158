import Bytes
import Crypto

extension TrieNode {
    /// Makes sure that `reference` is known here and below, re-hashing only what changed.
    ///
    /// - Parameters:
    ///   - scratch: reused for encodings.
    ///   - emit: where given, receives every node that is not stored yet and is referred to by hash, children
    ///     first, and such nodes count as stored from then on.
    func settle(isRoot: Bool, scratch: inout [UInt8], emit: ((Hash32, [UInt8]) -> Void)?) {
        if isStored { return }
        if emit == nil {
            guard case .unknown = reference else { return }
        }
        for child in children {
            child.node?.settle(isRoot: false, scratch: &scratch, emit: emit)
        }
        encode(into: &scratch)
        if scratch.count < 32, !isRoot {
            reference = .inline(scratch)
        } else {
            let hash: Hash32
            if case .hash(let known) = reference { hash = known } else { hash = keccak256(scratch) }
            reference = .hash(hash)
            emit?(hash, scratch)
        }
        if emit != nil { isStored = true }
    }

    /// Writes the node's RLP; the children's references are known.
    func encode(into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        switch kind {
        case .leaf:
            let payload = pathItemCount + TrieNode.itemCount(value)
            TrieNode.appendHeader(0xC0, payload, to: &output)
            appendPath(isLeaf: true, to: &output)
            TrieNode.append(value, to: &output)
        case .extension:
            let payload = pathItemCount + children[0].referenceCount
            TrieNode.appendHeader(0xC0, payload, to: &output)
            appendPath(isLeaf: false, to: &output)
            children[0].appendReference(to: &output)
        case .branch:
            var payload = TrieNode.itemCount(value)
            for child in children { payload += child.referenceCount }
            TrieNode.appendHeader(0xC0, payload, to: &output)
            for child in children { child.appendReference(to: &output) }
            TrieNode.append(value, to: &output)
        }
    }

    private var pathItemCount: Int { path.encodedCount == 1 ? 1 : path.encodedCount + 1 }

    private func appendPath(isLeaf: Bool, to output: inout [UInt8]) {
        // A single byte is a flag below 0x40 and stands for itself; at most 33 bytes take a short header.
        if path.encodedCount > 1 { output.append(0x80 + UInt8(path.encodedCount)) }
        path.write(isLeaf: isLeaf, to: &output)
    }

    private static func itemCount(_ bytes: [UInt8]) -> Int {
        if bytes.count == 1, bytes[0] < 0x80 { return 1 }
        if bytes.count < 56 { return bytes.count + 1 }
        return bytes.count + 1 + (8 - UInt64(bytes.count).leadingZeroBitCount / 8)
    }

    private static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        if bytes.count != 1 || bytes[0] >= 0x80 { appendHeader(0x80, bytes.count, to: &output) }
        output.append(contentsOf: bytes)
    }

    private static func appendHeader(_ base: UInt8, _ count: Int, to output: inout [UInt8]) {
        if count < 56 {
            output.append(base + UInt8(count))
            return
        }
        let width = 8 - UInt64(count).leadingZeroBitCount / 8
        output.append(base + 55 + UInt8(width))
        for index in 0..<width { output.append(UInt8(truncatingIfNeeded: count >> (8 * (width - 1 - index)))) }
    }
}

extension TrieLink {
    fileprivate var referenceCount: Int {
        guard let node else { return hash.isZero ? 1 : 33 }
        switch node.reference {
        case .hash: return 33
        case .inline(let bytes): return bytes.count
        case .unknown: preconditionFailure("a trie node is encoded before its children")
        }
    }

    fileprivate func appendReference(to output: inout [UInt8]) {
        guard let node else {
            if hash.isZero { output.append(0x80) } else { TrieLink.append(hash, to: &output) }
            return
        }
        switch node.reference {
        case .hash(let hash): TrieLink.append(hash, to: &output)
        case .inline(let bytes): output.append(contentsOf: bytes)
        case .unknown: preconditionFailure("a trie node is encoded before its children")
        }
    }

    private static func append(_ hash: Hash32, to output: inout [UInt8]) {
        output.append(0xA0)
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
            hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
            output.append(contentsOf: scratch)
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
