import Bytes
import Crypto

extension TrieNode {
    /// The node as Ethereum hashes it.
    ///
    /// - Parameter depth: nibbles of the key that lead to this node.
    package func rlp(depth: Int) -> [UInt8] {
        var payload = [UInt8]()
        payload.reserveCapacity(544)
        switch content {
        case .leaf(let leaf):
            payload.appendRLP(compactPath(leaf.key, from: depth, count: 64 - depth, ends: true))
            payload.appendRLP(leaf.value)
        case .path(let key, let start, let count, let child):
            payload.appendRLP(compactPath(key, from: start, count: count, ends: false))
            payload.append(child)
        case .branch(let children):
            for child in children { payload.append(child) }
            payload.append(0x80)
        }
        return payload.asRLPList()
    }

    /// The reference to this node under a row of the store.
    func reference(row: UInt64, depth: Int) -> TrieReference {
        let encoded = rlp(depth: depth)
        return TrieReference(row: row, hash: keccak256(encoded), embedded: encoded.count < 32 ? encoded : nil)
    }
}

extension TrieLeaf {
    /// The RLP that the trie maps the key to.
    var value: [UInt8] {
        switch self {
        case .slot(let slot):
            var bytes = [UInt8]()
            bytes.appendRLP(slot.value.minimalBytes)
            return bytes
        case .account(let account):
            var bytes = [UInt8]()
            bytes.reserveCapacity(110)
            bytes.appendRLP(U256(account.nonce).minimalBytes)
            bytes.appendRLP(account.balance.minimalBytes)
            bytes.appendRLP(account.storageRoot.bytes)
            bytes.appendRLP(account.codeHash.bytes)
            return bytes.asRLPList()
        }
    }
}

/// The hex-prefix form of `count` nibbles of `key` (Yellow Paper, appendix C).
private func compactPath(_ key: Hash32, from start: Int, count: Int, ends: Bool) -> [UInt8] {
    let flag: UInt8 = ends ? 0x20 : 0
    var bytes = [UInt8]()
    bytes.reserveCapacity(count / 2 + 1)
    var index = start
    if count.isMultiple(of: 2) {
        bytes.append(flag)
    } else {
        bytes.append(flag | 0x10 | UInt8(key.nibble(index)))
        index += 1
    }
    while index < start + count {
        bytes.append(UInt8(key.nibble(index) << 4 | key.nibble(index + 1)))
        index += 2
    }
    return bytes
}

extension [UInt8] {
    /// Appends a byte string as RLP.
    mutating func appendRLP(_ bytes: [UInt8]) {
        if bytes.count == 1 && bytes[0] < 0x80 {
            append(bytes[0])
        } else {
            appendRLPHeader(bytes.count, short: 0x80)
            append(contentsOf: bytes)
        }
    }

    /// Appends what a parent holds of a child.
    fileprivate mutating func append(_ child: TrieReference) {
        if child.isNone {
            append(0x80)
        } else if let embedded = child.embedded {
            append(contentsOf: embedded)
        } else {
            append(0xa0)
            append(child.hash)
        }
    }

    /// Appends the 32 bytes, without an array between.
    mutating func append(_ hash: Hash32) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
            hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
            append(contentsOf: scratch)
        }
    }

    /// These bytes as the payload of an RLP list.
    func asRLPList() -> [UInt8] {
        var list = [UInt8]()
        list.reserveCapacity(count + 4)
        list.appendRLPHeader(count, short: 0xc0)
        list.append(contentsOf: self)
        return list
    }

    private mutating func appendRLPHeader(_ count: Int, short: UInt8) {
        if count < 56 {
            append(short + UInt8(count))
        } else {
            let length = U256(count).minimalBytes
            append(short + 55 + UInt8(length.count))
            append(contentsOf: length)
        }
    }
}
