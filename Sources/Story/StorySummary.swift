package import Bytes
package import Contracts
package import Federation
package import JSON
package import Referee

/// What a story came to: the numbers, and what a report draws.
package struct StorySummary: Sendable {
    /// The settlement of the job with everybody's name.
    package struct Payments: Sendable {
        /// One party's row.
        package struct Row: Sendable {
            package var name: String
            package var address: Address
            /// Wei by kind; absent where nothing.
            package var amounts: [PaymentKind: U256]
            package var total: U256
        }

        package var rows: [Row]
        /// What the initiator had locked.
        package var escrow: U256
        /// What all stakes came to.
        package var stakes: U256
        /// Everything that was paid out, stakes included.
        package var total: U256

        /// What was paid out of the escrow: everything but the stakes.
        package var paid: U256 { total &- stakes }
        /// Whether not a wei is missing.
        package var isExact: Bool { total == escrow &+ stakes }
    }

    /// The prediction that the consumer bought.
    package struct Prediction: Sendable {
        package var request: UInt64
        package var label: Int
        package var predicted: Int
        package var probabilities: [Float]
        package var resultHash: Hash32
        /// The pixels, 64 values in 0...1.
        package var input: [Float]
    }

    /// One holder's private data, as its holder knows it.
    package struct Shard: Sendable {
        package var name: String
        package var address: Address
        package var rows: Int
        package var classCounts: [Int]
        package var root: Hash32
    }

    /// What became of the flipped byte.
    package struct Tampering: Sendable {
        /// Where the byte was flipped.
        package var place: Finding.Place
        /// Where the altered copy of the chain lies; nil where there is none.
        package var path: String?
        /// What the store's own check says of it.
        package var storeFault: String?
        /// What the watcher finds.
        package var findings: [Finding]
        /// Whether all who looked named exactly the block, and the watcher the round and the party.
        package var detected: Bool
    }

    package var seed: UInt64
    package var accuracy: Double
    package var centralAccuracy: Double
    /// The content hash of the trained parameters, as it stands on chain.
    package var modelHash: Hash32
    package var rounds: Int
    /// After each round, the initial parameters first.
    package var curve: [Double]
    package var payments: Payments
    package var prediction: Prediction
    package var shards: [Shard]
    package var tampering: Tampering
    package var verification: LineageReport
    package var addresses: ProtocolAddresses
    package var chainID: UInt64
    /// The chain in words.
    package var venue: String
    /// Where the chain is: a file or an address.
    package var place: String
    package var transactions: Int
    package var gasUsed: UInt64
    package var blocks: Int
    /// Bytes of all headers, transactions and receipts.
    package var bytes: Int
    package var seconds: Double

    /// Whether everything came out as it must.
    package var succeeded: Bool { payments.isExact && verification.isSound && tampering.detected }

    /// The object that `--json` prints.
    ///
    /// - Parameter report: where the report was written; nil where none was.
    package func json(report: String?) -> JSON {
        [
            "accuracy": JSON(accuracy), "centralAccuracy": JSON(centralAccuracy), "modelHash": JSON(modelHash.hex0x),
            "rounds": JSON(rounds), "escrowWei": number(payments.escrow), "paidWei": number(payments.paid),
            "transactions": JSON(transactions), "gasUsed": JSON(gasUsed), "blocks": JSON(blocks), "bytes": JSON(bytes),
            "seconds": JSON(seconds), "tamperDetected": JSON.bool(tampering.detected),
            "report": report.map { JSON($0) } ?? .null,
        ]
    }

    private func number(_ value: U256) -> JSON { value.asUInt64.map { JSON($0) } ?? .number(value.description) }
}
