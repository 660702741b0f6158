import Bytes
import Crypto

/// The Merkle-Patricia root straight from its definition (Yellow Paper, appendix D): slow, short, independent of the
/// stored trie.
func naiveRoot(_ entries: [Hash32: [UInt8]]) -> Hash32 {
    let items = entries.map { (nibbles($0.key.bytes), $0.value) }
    if items.isEmpty { return keccak256([0x80]) }
    return keccak256(naiveNode(items, 0))
}

private func naiveNode(_ items: [([UInt8], [UInt8])], _ depth: Int) -> [UInt8] {
    if items.count == 1 {
        return list([string(hexPrefix(Array(items[0].0[depth...]), true)), string(items[0].1)])
    }
    var shared = 0
    let first = items[0].0
    while items.allSatisfy({ $0.0[depth + shared] == first[depth + shared] }) { shared += 1 }
    if shared > 0 {
        let path = hexPrefix(Array(first[depth..<depth + shared]), false)
        return list([string(path), naiveReference(items, depth + shared)])
    }
    var parts: [[UInt8]] = []
    for nibble in 0..<16 as Range<UInt8> {
        let below = items.filter { $0.0[depth] == nibble }
        parts.append(below.isEmpty ? [0x80] : naiveReference(below, depth + 1))
    }
    return list(parts + [[0x80]])
}

private func naiveReference(_ items: [([UInt8], [UInt8])], _ depth: Int) -> [UInt8] {
    let node = naiveNode(items, depth)
    return node.count < 32 ? node : string(keccak256(node).bytes)
}

private func nibbles(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { [$0 >> 4, $0 & 15] } }

private func hexPrefix(_ path: [UInt8], _ ends: Bool) -> [UInt8] {
    let flag: UInt8 = ends ? 2 : 0
    let padded = path.count.isMultiple(of: 2) ? [flag, 0] + path : [flag + 1] + path
    return stride(from: 0, to: padded.count, by: 2).map { padded[$0] << 4 | padded[$0 + 1] }
}

func string(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.count == 1 && bytes[0] < 0x80 { return bytes }
    return header(bytes.count, 0x80) + bytes
}

func list(_ items: [[UInt8]]) -> [UInt8] {
    let payload = Array(items.joined())
    return header(payload.count, 0xc0) + payload
}

private func header(_ count: Int, _ base: UInt8) -> [UInt8] {
    if count < 56 { return [base + UInt8(count)] }
    let length = U256(count).minimalBytes
    return [base + 55 + UInt8(length.count)] + length
}
