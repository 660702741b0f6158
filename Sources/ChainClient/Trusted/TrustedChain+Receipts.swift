package import Bytes
import Crypto
import Ethereum
import JSON
package import Ledger
import Synchronization

extension TrustedChain {
    /// Blocks whose receipts are remembered.
    private static let receiptLimit = 4096

    package func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction? {
        guard let claimed = try await client.transaction(hash),
            let header = try await header(at: .hash(claimed.blockHash)),
            let block = try await block(at: .number(header.header.number))
        else { return nil }
        return block.transactions.first { $0.hash == hash }
    }

    package func receipt(of transaction: Hash32) async throws(ChainError) -> MinedReceipt? {
        guard let claimed = try await client.receipt(of: transaction),
            let header = try await header(at: .hash(claimed.blockHash))
        else { return nil }
        return try await receipts(of: header).first { $0.transactionHash == transaction }
    }

    /// Logs that match, complete: each block whose bloom filter may hold one is read whole and hashed.
    package func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] {
        guard let first = try await header(at: filter.from)?.header.number else { return [] }
        let top = try await blockNumber()
        var last = top
        if case .number(let number) = filter.to { last = min(number, top) }
        if case .hash = filter.to { last = first }
        if case .earliest = filter.to { last = 0 }
        var found: [MinedLog] = []
        var number = first
        while number <= last {
            guard let header = try await ancestor(number) else { break }
            if filter.mayMatch(header.header.logsBloom) {
                for receipt in try await receipts(of: header) { found += receipt.logs.filter(filter.accepts) }
            }
            number += 1
        }
        return found
    }

    /// All receipts of a verified block, hashed to the root in its header.
    private func receipts(of header: BlockHeader) async throws(ChainError) -> [MinedReceipt] {
        let number = header.header.number
        if let found = known.withLock({ $0.receipts[number] }) { return found }
        guard let block = try await block(at: .number(number)) else { return [] }
        let calls = block.transactions.map {
            RPCTransport.Call("eth_getTransactionReceipt", .string($0.hash.hex0x))
        }
        var receipts: [MinedReceipt] = []
        for answer in calls.isEmpty ? [] : try await client.transport.all(calls) {
            receipts.append(try WireReader(try answer.value, "receipt").receipt())
        }
        try check(receipts, of: block)
        known.withLock { known in
            if known.receipts.count >= Self.receiptLimit { known.receipts = [:] }
            known.receipts[number] = receipts
        }
        return receipts
    }

    /// The root covers outcome, gas and logs; what a node derives beside them is derived again.
    private func check(_ receipts: [MinedReceipt], of block: MinedBlock) throws(ChainError) {
        let committed = receipts.map {
            Receipt(
                kind: $0.kind, succeeded: $0.succeeded, cumulativeGasUsed: $0.cumulativeGasUsed,
                logs: $0.logs.map(\.log))
        }
        guard Block.receiptsRoot(committed) == block.header.receiptsRoot else {
            throw Self.lie("the receipts of block \(block.header.number) are not those its header commits to")
        }
        var (gas, logIndex) = (UInt64(0), 0)
        for (mined, receipt) in zip(block.transactions, receipts) {
            let places = receipt.logs.enumerated().allSatisfy { offset, log in
                log.logIndex == logIndex + offset && log.blockHash == block.hash && log.transactionHash == mined.hash
                    && log.blockNumber == block.header.number && log.transactionIndex == mined.index
            }
            let created =
                mined.signed.transaction.to == nil
                ? Address.created(by: mined.sender, nonce: mined.signed.transaction.nonce) : nil
            guard receipt.transactionHash == mined.hash, receipt.transactionIndex == mined.index,
                receipt.blockHash == block.hash, receipt.blockNumber == block.header.number,
                receipt.from == mined.sender, receipt.to == mined.signed.transaction.to,
                receipt.contractAddress == nil || receipt.contractAddress == created,
                receipt.gasUsed == receipt.cumulativeGasUsed - gas, places
            else { throw Self.lie("the receipt of transaction \(mined.hash) names other places or parties") }
            gas = receipt.cumulativeGasUsed
            logIndex += receipt.logs.count
        }
    }
}

extension LogFilter {
    /// Whether a block with this bloom filter can hold a log that matches.
    fileprivate func mayMatch(_ bloom: Bloom) -> Bool {
        guard addresses.isEmpty || addresses.contains(where: { bloom.mayContain($0) }) else { return false }
        return topics.allSatisfy { choices in choices.isEmpty || choices.contains { bloom.mayContain($0) } }
    }

    fileprivate func accepts(_ mined: MinedLog) -> Bool {
        guard addresses.isEmpty || addresses.contains(mined.log.address) else { return false }
        guard topics.count <= mined.log.topics.count else { return false }
        return zip(topics, mined.log.topics).allSatisfy { choices, topic in choices.isEmpty || choices.contains(topic) }
    }
}
