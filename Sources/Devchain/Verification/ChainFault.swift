package import Bytes

/// The first place at which a stored chain is not what it must be.
package struct ChainFault: Error, Hashable, Sendable, CustomStringConvertible {
    package var block: UInt64
    /// The table and row of the file; the column where one is to blame.
    package var table: String
    package var row: Int64
    package var column: String?
    /// The place of the transaction in the block, where the fault is a transaction's or its receipt's.
    package var transactionIndex: Int?
    package var transaction: Hash32?
    package var sender: Address?
    /// The offset of the wrong byte in the column, where it could be found out, with what stands there and what should.
    package var byte: Int?
    package var found: UInt8?
    package var expected: UInt8?
    /// What is wrong.
    package var reason: String

    init(block: UInt64, table: String, row: Int64, column: String? = nil, reason: String) {
        (self.block, self.table, self.row) = (block, table, row)
        (self.column, self.reason) = (column, reason)
    }

    package var description: String {
        var text = "block \(block)"
        if let transactionIndex { text += ", transaction \(transactionIndex)" }
        if let transaction { text += " (\(transaction))" }
        if let sender { text += " sent by \(sender.hex0x)" }
        text += ": table \(table), row \(row)"
        if let column { text += ", column \(column)" }
        if let byte, let found, let expected {
            text += ", byte \(byte) is 0x\([found].hex) and was 0x\([expected].hex)"
        }
        return text + ": " + reason
    }

    /// The fault, blamed on a transaction.
    func of(_ row: TransactionRow, index: Int) -> ChainFault {
        var copy = self
        (copy.transactionIndex, copy.transaction, copy.sender) = (index, row.hash, row.sender)
        return copy
    }

    /// The fault with the wrong byte, where a single one explains it.
    func locating(in bytes: [UInt8], hashingTo hash: Hash32) -> ChainFault {
        guard let place = WrongByte(in: bytes, hashingTo: hash) else { return self }
        var copy = self
        (copy.byte, copy.found, copy.expected) = (place.offset, bytes[place.offset], place.expected)
        return copy
    }

    /// The fault with the first byte in which two columns differ.
    func comparing(_ stored: [UInt8], with right: [UInt8]) -> ChainFault {
        var copy = self
        guard let offset = zip(stored, right).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
            copy.reason += " (\(stored.count) bytes are stored, \(right.count) expected)"
            return copy
        }
        (copy.byte, copy.found, copy.expected) = (offset, stored[offset], right[offset])
        return copy
    }
}

/// What verifying a stored chain came to.
package struct VerificationReport: Hashable, Sendable {
    /// Blocks that were executed again and found right, the genesis block included.
    package var blocks: UInt64 = 0
    package var transactions = 0
    package var gasUsed: UInt64 = 0
    /// The hash of the last block that was found right.
    package var head: Hash32 = .zero
    /// The first thing that is wrong; nil where all is right.
    package var fault: ChainFault?
}
