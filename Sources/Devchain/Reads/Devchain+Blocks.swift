package import Bytes
import Ethereum
package import Ledger
import Storage

extension Devchain {
    /// The newest block's header.
    package var head: BlockHeader { get throws(ChainError) { try settledHead().block } }

    package func chainID() throws(ChainError) -> UInt64 { shared.now.chainID }

    package func blockNumber() throws(ChainError) -> UInt64 { try settledHead().number }

    package func header(at block: BlockTag) throws(ChainError) -> BlockHeader? {
        try resolve(block).map { BlockHeader(hash: $0.hash, header: $0.header) }
    }

    package func block(at tag: BlockTag) throws(ChainError) -> MinedBlock? {
        guard let block = try resolve(tag) else { return nil }
        return MinedBlock(
            hash: block.hash, header: block.header, transactions: try transactions(of: block), withdrawals: [])
    }

    /// How many transactions the block has, or nil where there is no such block.
    package func transactionCount(at tag: BlockTag) throws(ChainError) -> Int? {
        guard let block = try resolve(tag) else { return nil }
        if let pending = block.pending { return pending.built.transactions.count }
        return try row(of: block)?.transactionCount
    }

    /// The bytes of the block's RLP, or nil.
    package func blockSize(at tag: BlockTag) throws(ChainError) -> Int? { try rawBlock(at: tag)?.count }

    /// The header's RLP, or nil.
    package func rawHeader(at tag: BlockTag) throws(ChainError) -> [UInt8]? { try resolve(tag)?.header.encoded }

    /// The block's RLP, or nil.
    package func rawBlock(at tag: BlockTag) throws(ChainError) -> [UInt8]? {
        guard let block = try resolve(tag) else { return nil }
        return Block(
            header: block.header, transactions: try transactions(of: block).map(\.signed), withdrawals: []
        ).encoded
    }

    /// A transaction of a block, or nil.
    package func transaction(at tag: BlockTag, index: Int) throws(ChainError) -> MinedTransaction? {
        guard let block = try resolve(tag), index >= 0 else { return nil }
        if block.pending != nil {
            let all = try transactions(of: block)
            return index < all.count ? all[index] : nil
        }
        guard let row = try row(of: block), index < row.transactionCount else { return nil }
        let found = try stored { (reads) throws(StorageError) in
            try reads.transaction(row.firstTransaction + Int64(index))
        }
        return try found.map { (entry) throws(ChainError) in try mined(entry, in: row) }
    }

    package func transaction(_ hash: Hash32) throws(ChainError) -> MinedTransaction? {
        guard let (entry, row) = try place(of: hash) else { return nil }
        return try mined(entry, in: row)
    }

    /// The wire form of a transaction that was mined or waits, or nil.
    package func rawTransaction(_ hash: Hash32) throws(ChainError) -> [UInt8]? {
        if let waiting = pendingTransaction(hash) { return waiting.raw }
        return try stored { (reads) throws(StorageError) in try reads.transaction(hash)?.raw }
    }

    /// The rows of a mined transaction and of its block.
    func place(of hash: Hash32) throws(ChainError) -> (TransactionRow, BlockRow)? {
        try stored { (reads) throws(StorageError) in
            guard let entry = try reads.transaction(hash), let row = try reads.block(entry.block) else { return nil }
            return (entry, row)
        }
    }

    func transactions(of block: ResolvedBlock) throws(ChainError) -> [MinedTransaction] {
        if let pending = block.pending {
            return pending.built.transactions.enumerated().map { index, entry in
                MinedTransaction(
                    hash: entry.hash, sender: entry.sender, signed: entry.signed, blockHash: block.hash,
                    blockNumber: block.header.number, index: index)
            }
        }
        guard let row = try row(of: block) else { return [] }
        let entries = try stored { (reads) throws(StorageError) in try reads.transactions(of: row) }
        var list: [MinedTransaction] = []
        list.reserveCapacity(entries.count)
        for entry in entries { list.append(try mined(entry, in: row)) }
        return list
    }

    func mined(_ entry: TransactionRow, in row: BlockRow) throws(ChainError) -> MinedTransaction {
        do {
            return MinedTransaction(
                hash: entry.hash, sender: entry.sender, signed: try SignedTransaction(decoding: entry.raw),
                blockHash: row.hash, blockNumber: row.number, index: Int(entry.id - row.firstTransaction))
        } catch {
            throw ChainError(
                .storage,
                "\(store.path): table transactions, row \(entry.id) (block \(row.number)) is damaged: \(error)")
        }
    }
}
