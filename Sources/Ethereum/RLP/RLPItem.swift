/// A whole RLP item as a tree, for data whose shape is not known in advance.
///
/// Types with a known shape use `RLPReader` and `RLPEncoder`, which build no tree.
package enum RLPItem: Hashable, Sendable {
    case bytes([UInt8])
    case list([RLPItem])

    /// Reads one item that fills the input; lists may nest `maxDepth` levels.
    package init(decoding bytes: [UInt8], maxDepth: Int = 64) throws(RLPError) {
        var reader = RLPReader(bytes)
        self = try RLPItem(from: &reader, depth: maxDepth)
        try reader.end()
    }

    private init(from reader: inout RLPReader, depth: Int) throws(RLPError) {
        guard reader.isAtList else {
            self = .bytes(try reader.array())
            return
        }
        guard depth > 0 else { throw .tooDeep(offset: reader.offset) }
        var inner = try reader.list()
        var items = [RLPItem]()
        while !inner.isAtEnd { items.append(try RLPItem(from: &inner, depth: depth - 1)) }
        self = .list(items)
    }

    package var encoded: [UInt8] {
        var encoder = RLPEncoder()
        write(to: &encoder)
        return encoder.bytes
    }

    package func write(to encoder: inout RLPEncoder) {
        switch self {
        case .bytes(let bytes): encoder.append(bytes)
        case .list(let items):
            encoder.list { encoder in
                for item in items { item.write(to: &encoder) }
            }
        }
    }
}
