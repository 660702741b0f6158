import Bytes
import Crypto
import Ethereum
package import Ledger

/// Computes every hash of a chain again from what a node shows of it: transactions, senders, receipts, blooms, roots,
/// headers and the links between them.
package struct BlockAudit: Sendable {
    /// What was read, and what is wrong with it.
    package struct Result: Sendable {
        package var blocks = 0
        package var transactions = 0
        package var gasUsed: UInt64 = 0
        /// Bytes of all headers, transactions and receipts in their wire form.
        package var bytes = 0
        package var findings: [Finding] = []
    }

    private let chain: any Chain

    package init(chain: any Chain) { self.chain = chain }

    /// Audits these blocks in order; a block's link to its parent is checked where the parent is among them.
    ///
    /// A block that the node cannot read is a finding, not a failure; a node that cannot be reached throws.
    ///
    /// - Parameter progress: hears of every block that was audited.
    package func run(
        _ blocks: some Sequence<UInt64>, progress: @Sendable (UInt64) -> Void = { _ in }
    ) async throws(ChainError) -> Result {
        var result = Result()
        var (parent, previous): (Hash32?, UInt64?)
        for number in blocks {
            let isNext = previous.map { $0 &+ 1 == number } ?? false
            parent = try await audit(number, parent: isNext ? parent : nil, into: &result)
            previous = number
            progress(number)
        }
        return result
    }

    /// Audits one block and returns the hash that its child must name, where it is known.
    private func audit(
        _ number: UInt64, parent: Hash32?, into result: inout Result
    ) async throws(ChainError) -> Hash32? {
        let place = Finding.Place(block: number)
        let block: MinedBlock
        do {
            guard let found = try await chain.block(at: .number(number)) else {
                result.findings.append(Finding(.block, at: place, "the block is missing"))
                return nil
            }
            block = found
        } catch {
            guard error.kind != .unreachable, error.kind != .timedOut else { throw error }
            result.findings.append(Finding(.block, at: place, "the block cannot be read: \(error.message)"))
            return nil
        }
        let header = block.header
        result.blocks += 1
        result.transactions += block.transactions.count
        result.gasUsed += header.gasUsed
        result.bytes += header.encoded.count
        var check = Comparison(subject: .block, place: place)
        check.equal(header.number, number, "the header's number is wrong")
        check.equal(block.hash, header.hash, "the header does not hash to the block's hash")
        if let parent { check.equal(header.parentHash, parent, "the block does not name its parent's hash") }
        let encodings = block.transactions.map(\.signed.encoded)
        result.bytes += encodings.reduce(0) { $0 + $1.count }
        for (index, transaction) in block.transactions.enumerated() {
            result.findings += audit(transaction, encoded: encodings[index], at: index, of: number)
        }
        check.equal(
            MerkleTrie.orderedRoot(encodings), header.transactionsRoot,
            "the transactions are not those the header commits to"
        )
        if let root = header.withdrawalsRoot {
            let items = (block.withdrawals ?? []).map(\.encoded)
            check.equal(MerkleTrie.orderedRoot(items), root, "the withdrawals are not those the header commits to")
        }
        result.findings += check.findings
        try await auditReceipts(of: block, into: &result)
        return block.hash
    }

    private func audit(
        _ transaction: MinedTransaction, encoded: [UInt8], at index: Int, of number: UInt64
    ) -> [Finding] {
        let place = Finding.Place(
            block: number, transactionIndex: index, transaction: transaction.hash, party: transaction.sender)
        var check = Comparison(subject: .transaction, place: place)
        let hash = keccak256(encoded)
        check.equal(hash, transaction.hash, "the transaction does not hash to its name")
        if hash == transaction.hash {
            let signer = try? transaction.signed.sender()
            check.equal(signer?.hex0x ?? "nobody", transaction.sender.hex0x, "the sender did not sign the transaction")
        }
        return check.findings
    }

    private func auditReceipts(of block: MinedBlock, into result: inout Result) async throws(ChainError) {
        let number = block.header.number
        var (encodings, bloom) = ([[UInt8]](), Bloom())
        // Together where they can be read; else one by one, to name the one that cannot.
        var together: [MinedReceipt?]?
        do { together = try await chain.receipts(of: block) } catch {
            guard error.kind != .unreachable, error.kind != .timedOut else { throw error }
        }
        for (index, transaction) in block.transactions.enumerated() {
            var place = Finding.Place(
                block: number, transactionIndex: index, transaction: transaction.hash, party: transaction.sender)
            let mined: MinedReceipt
            do {
                let known = together?[index]
                guard let found = together == nil ? try await chain.receipt(of: transaction.hash) : known else {
                    result.findings.append(Finding(.receipt, at: place, "the transaction's receipt is missing"))
                    return
                }
                mined = found
            } catch {
                guard error.kind != .unreachable, error.kind != .timedOut else { throw error }
                let message = "the transaction's receipt cannot be read: \(error.message)"
                result.findings.append(Finding(.receipt, at: place, message))
                return
            }
            place.party = mined.from
            let receipt = Receipt(
                kind: mined.kind, succeeded: mined.succeeded, cumulativeGasUsed: mined.cumulativeGasUsed,
                logs: mined.logs.map(\.log))
            bloom.formUnion(receipt.bloom)
            encodings.append(receipt.encoded)
        }
        result.bytes += encodings.reduce(0) { $0 + $1.count }
        var check = Comparison(subject: .receipt, place: Finding.Place(block: number))
        check.equal(
            MerkleTrie.orderedRoot(encodings), block.header.receiptsRoot,
            "the receipts are not those the header commits to")
        if bloom != block.header.logsBloom {
            check.fail("the header's bloom is not that of the block's logs")
        }
        result.findings += check.findings
    }
}
