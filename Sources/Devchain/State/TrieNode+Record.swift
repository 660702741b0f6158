import Bytes
import Crypto

/// The form of a node in the `nodes` table.
///
/// It holds what the RLP holds, and beside it where the children are stored (as the distance back from the node's own
/// row) and which address or slot a leaf's key is the hash of. The hash that its parent has of it guards it.
extension TrieNode {
    private enum Tag: UInt8 {
        case branch, path, account, slot
    }

    package func record(row: UInt64) -> [UInt8] {
        var bytes = [UInt8]()
        switch content {
        case .branch(let children):
            bytes.reserveCapacity(600)
            bytes.append(Tag.branch.rawValue)
            var map: UInt16 = 0
            for (index, child) in children.enumerated() where !child.isNone { map |= 1 << UInt16(index) }
            bytes.append(UInt8(map >> 8))
            bytes.append(UInt8(truncatingIfNeeded: map))
            for child in children where !child.isNone { bytes.append(child, from: row) }
        case .path(let key, let start, let count, let child):
            bytes.append(Tag.path.rawValue)
            bytes.append(UInt8(start))
            bytes.append(UInt8(count))
            bytes.append(contentsOf: key.bytes)
            bytes.append(child, from: row)
        case .leaf(.account(let account)):
            bytes.append(Tag.account.rawValue)
            bytes.append(contentsOf: account.address.bytes)
            bytes.append(varint: account.nonce)
            bytes.append(counted: account.balance.minimalBytes)
            bytes.append(counted: account.codeHash == emptyCodeHash ? [] : account.codeHash.bytes)
            bytes.append(account.storage.isNone ? 0 : 1)
            if !account.storage.isNone { bytes.append(account.storage, from: row) }
        case .leaf(.slot(let slot)):
            bytes.append(Tag.slot.rawValue)
            bytes.append(counted: slot.slot.minimalBytes)
            bytes.append(counted: slot.value.minimalBytes)
        }
        return bytes
    }

    /// Reads a record; nil where it is not one.
    package convenience init?(record: [UInt8], row: UInt64) {
        var reader = RecordReader(bytes: record[...])
        guard let tag = reader.byte().flatMap(Tag.init(rawValue:)) else { return nil }
        switch tag {
        case .branch:
            guard let high = reader.byte(), let low = reader.byte() else { return nil }
            let map = UInt16(high) << 8 | UInt16(low)
            var children = [TrieReference](repeating: .none, count: 16)
            for index in 0..<16 where map & 1 << UInt16(index) != 0 {
                guard let child = reader.reference(from: row) else { return nil }
                children[index] = child
            }
            self.init(.branch(children))
        case .path:
            guard let start = reader.byte(), let count = reader.byte(), let key = reader.hash(),
                let child = reader.reference(from: row), Int(start) + Int(count) <= 64
            else { return nil }
            self.init(.path(key: key, start: Int(start), count: Int(count), child: child))
        case .account:
            guard let address = reader.take(20), let nonce = reader.varint(), let balance = reader.counted(),
                let code = reader.counted(), let flag = reader.byte(), balance.count <= 32
            else { return nil }
            var storage = TrieReference.none
            if flag == 1 {
                guard let reference = reader.reference(from: row) else { return nil }
                storage = reference
            }
            guard let codeHash = code.isEmpty ? emptyCodeHash : Hash32(checking: code) else { return nil }
            self.init(
                .leaf(
                    .account(
                        StoredAccount(
                            key: keccak256(address), address: Address(address), nonce: nonce,
                            balance: U256(bigEndian: balance), codeHash: codeHash, storage: storage))))
        case .slot:
            guard let slot = reader.counted(), let value = reader.counted(), slot.count <= 32, value.count <= 32 else {
                return nil
            }
            let place = U256(bigEndian: slot)
            self.init(.leaf(.slot(StoredSlot(key: keccak256(place.bytes), slot: place, value: U256(bigEndian: value)))))
        }
        guard reader.bytes.isEmpty else { return nil }
    }
}

extension [UInt8] {
    /// Appends seven bits a byte, least first.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends a count and the bytes.
    mutating func append(counted bytes: [UInt8]) {
        append(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    fileprivate mutating func append(_ child: TrieReference, from row: UInt64) {
        append(varint: row - child.row)
        if let embedded = child.embedded {
            append(counted: embedded)
        } else {
            append(32)
            append(child.hash)
        }
    }
}

/// Takes a record apart; every method is nil at the end of the bytes.
struct RecordReader {
    var bytes: ArraySlice<UInt8>

    mutating func byte() -> UInt8? { bytes.popFirst() }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    mutating func hash() -> Hash32? { take(32).map { Hash32($0) } }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let next = byte() {
            guard shift < 63 || next <= 1 else { return nil }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    mutating func counted() -> ArraySlice<UInt8>? { varint().flatMap { Int(exactly: $0) }.flatMap { take($0) } }

    fileprivate mutating func reference(from row: UInt64) -> TrieReference? {
        guard let distance = varint(), distance > 0, distance < row, let name = counted() else { return nil }
        if name.count == 32 { return TrieReference(row: row - distance, hash: Hash32(name), embedded: nil) }
        guard name.count < 32 else { return nil }
        return TrieReference(row: row - distance, hash: keccak256(name), embedded: Array(name))
    }
}
