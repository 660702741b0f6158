import Bytes

extension Receipt {
    package var bloom: Bloom { Bloom(logs: logs) }

    /// The typed form (EIP-2718) that the receipts root commits to.
    package var encoded: [UInt8] { encoded(bloom: bloom) }

    /// The typed form with a bloom that is at hand already.
    package func encoded(bloom: Bloom) -> [UInt8] {
        var encoder = RLPEncoder(reserving: 400)
        if kind != .legacy { encoder.append(raw: kind.rawValue) }
        encoder.list { encoder in
            if let stateRoot {
                encoder.append(stateRoot)
            } else {
                encoder.append(succeeded ? 1 as UInt64 : 0)
            }
            encoder.append(cumulativeGasUsed)
            encoder.append(bloom.bytes)
            encoder.list { encoder in
                for log in logs { log.write(to: &encoder) }
            }
        }
        return encoder.bytes
    }

    /// Reads the typed form; the bloom must be that of the logs. One of before Byzantium counts as succeeded: it does
    /// not say.
    package init(decoding bytes: [UInt8]) throws(RLPError) {
        var kind = Transaction.Kind.legacy
        if let first = bytes.first, first < 0xC0 {
            guard let typed = Transaction.Kind(rawValue: first), typed != .legacy else {
                throw .notCanonical("receipt type \(first) is unknown", offset: 0)
            }
            kind = typed
        }
        var reader = RLPReader(bytes, from: kind == .legacy ? 0 : 1)
        var fields = try reader.list()
        try reader.end()
        let statusOffset = fields.offset
        var status: UInt64 = 1
        var stateRoot: Hash32?
        var ahead = fields
        if kind == .legacy, let root = Hash32(checking: try ahead.slice()) {
            (stateRoot, fields) = (root, ahead)
        } else {
            status = try fields.uint64()
        }
        guard status <= 1 else { throw .integerTooLarge(bits: 1, offset: statusOffset) }
        self.init(kind: kind, succeeded: status == 1, cumulativeGasUsed: try fields.uint64(), logs: [])
        self.stateRoot = stateRoot
        let bloomOffset = fields.offset
        let stored = try fields.fixed(256)
        var list = try fields.list()
        while !list.isAtEnd { logs.append(try Log(from: &list)) }
        try fields.end()
        guard bloom.bytes.elementsEqual(stored) else {
            throw .notCanonical("the receipt's bloom is not that of its logs", offset: bloomOffset)
        }
    }
}

extension Log {
    func write(to encoder: inout RLPEncoder) {
        encoder.list { encoder in
            encoder.append(address)
            encoder.list(topics)
            encoder.append(data)
        }
    }

    init(from reader: inout RLPReader) throws(RLPError) {
        var fields = try reader.list()
        self.init(address: try fields.address(), topics: [], data: [])
        var list = try fields.list()
        while !list.isAtEnd { topics.append(try list.hash()) }
        data = try fields.array()
        try fields.end()
    }
}
