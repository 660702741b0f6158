import Bytes

/// Why bytes are no block.
package enum BlockDecodingError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(RLPError)
    /// The transaction at this index cannot be read.
    case transaction(Int, TransactionDecodingError)
    /// The block lists ommers; since the merge none may.
    case ommers

    package var description: String {
        switch self {
        case .malformed(let error): "the block is malformed: \(error)"
        case .transaction(let index, let error): "transaction \(index) of the block: \(error)"
        case .ommers: "the block lists ommers, which end with the merge"
        }
    }
}

extension Block {
    /// The block's RLP: header, transactions, no ommers, withdrawals.
    package var encoded: [UInt8] {
        var encoder = RLPEncoder(reserving: 1024)
        encoder.list { encoder in
            header.write(to: &encoder)
            encoder.list { encoder in
                for transaction in transactions {
                    if transaction.transaction.kind == .legacy {
                        transaction.write(to: &encoder)
                    } else {
                        encoder.append(transaction.encoded)
                    }
                }
            }
            encoder.list { _ in }
            if let withdrawals {
                encoder.list { encoder in
                    for withdrawal in withdrawals { withdrawal.write(to: &encoder) }
                }
            }
        }
        return encoder.bytes
    }

    /// Reads a block's RLP; nothing may follow it.
    package init(decoding bytes: [UInt8]) throws(BlockDecodingError) {
        let parts: (header: Header, transactions: [[UInt8]], hasOmmers: Bool, withdrawals: [Withdrawal]?)
        do { parts = try Block.parts(of: bytes) } catch { throw .malformed(error) }
        guard !parts.hasOmmers else { throw .ommers }
        var transactions = [SignedTransaction]()
        transactions.reserveCapacity(parts.transactions.count)
        for (index, encoded) in parts.transactions.enumerated() {
            do {
                transactions.append(try SignedTransaction(decoding: encoded))
            } catch {
                throw .transaction(index, error)
            }
        }
        self.init(header: parts.header, transactions: transactions, withdrawals: parts.withdrawals)
    }

    private static func parts(
        of bytes: [UInt8]
    ) throws(RLPError) -> (Header, [[UInt8]], Bool, [Withdrawal]?) {
        var reader = RLPReader(bytes)
        var fields = try reader.list()
        try reader.end()
        let header = try Header(from: &fields)
        var transactions = [[UInt8]]()
        var list = try fields.list()
        while !list.isAtEnd {
            if list.isAtList {
                transactions.append(Array(try list.raw()))
            } else {
                let start = list.offset
                let envelope = try list.array()
                guard let type = envelope.first, type < 0xC0 else { throw .expectedList(offset: start) }
                transactions.append(envelope)
            }
        }
        let ommers = try fields.list()
        var withdrawals: [Withdrawal]?
        if !fields.isAtEnd {
            var list = try fields.list()
            var items = [Withdrawal]()
            while !list.isAtEnd { items.append(try Withdrawal(from: &list)) }
            withdrawals = items
        }
        try fields.end()
        return (header, transactions, !ommers.isAtEnd, withdrawals)
    }
}
