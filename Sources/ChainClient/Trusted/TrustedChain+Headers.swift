import Bytes
import Crypto
import Ethereum
import JSON
package import Ledger
import Synchronization

extension TrustedChain {
    /// Headers asked for in one request.
    private static let batch: UInt64 = 100

    package func blockNumber() async throws(ChainError) -> UInt64 { try await top().header.number }

    package func header(at block: BlockTag) async throws(ChainError) -> BlockHeader? {
        let top = try await top()
        let number: UInt64
        switch block {
        case .latest, .pending, .safe, .finalized: return top
        case .earliest: number = 0
        case .number(let given): number = given
        case .hash(let hash):
            if hash == trusted { return top }
            // The node says where it is; the ancestors say whether that is true.
            guard let claimed = try await client.header(at: block) else { return nil }
            number = claimed.header.number
            let found = try await ancestor(number)
            return found?.hash == hash ? found : nil
        }
        return try await ancestor(number)
    }

    package func block(at block: BlockTag) async throws(ChainError) -> MinedBlock? {
        guard let header = try await header(at: block) else { return nil }
        guard let block = try await client.block(at: .hash(header.hash)) else {
            throw Self.lie("block \(header.header.number) is not there")
        }
        guard block.header == header.header, block.header.hash == header.hash,
            Block.transactionsRoot(block.transactions.map(\.signed)) == header.header.transactionsRoot
        else { throw Self.lie("block \(header.header.number) has other transactions than its header commits to") }
        if let root = header.header.withdrawalsRoot {
            guard Block.withdrawalsRoot(block.withdrawals ?? []) == root else {
                throw Self.lie("block \(header.header.number) has other withdrawals than its header commits to")
            }
        }
        for (index, mined) in block.transactions.enumerated() {
            guard mined.index == index, mined.hash == mined.signed.hash, mined.blockHash == header.hash,
                (try? mined.signed.sender()) == mined.sender
            else { throw Self.lie("transaction \(index) of block \(header.header.number) has another hash or sender") }
        }
        return block
    }

    /// The trusted block's own header.
    private func top() async throws(ChainError) -> BlockHeader {
        if let found = known.withLock({ known in known.top.flatMap { known.headers[$0] } }) { return found }
        guard let header = try await client.header(at: .hash(trusted)) else {
            throw ChainError(.notFound, "the node does not know the trusted block \(trusted)")
        }
        guard header.header.hash == trusted else { throw Self.lie("its header has hash \(header.header.hash)") }
        let top = BlockHeader(hash: trusted, header: header.header)
        known.withLock { known in
            known.headers[top.header.number] = top
            (known.top, known.lowest) = (top.header.number, min(known.lowest ?? .max, top.header.number))
        }
        return top
    }

    /// The verified header with this number; nil where it is newer than the trusted block.
    func ancestor(_ number: UInt64) async throws(ChainError) -> BlockHeader? {
        let top = try await top()
        guard number <= top.header.number else { return nil }
        while true {
            if let found = known.withLock({ $0.headers[number] }) { return found }
            try await extend()
        }
    }

    /// Follows the hashes of parents one request further back.
    private func extend() async throws(ChainError) {
        let (lowest, first) = known.withLock { known in (known.lowest ?? 0, known.lowest.flatMap { known.headers[$0] })
        }
        guard var child = first, lowest > 0 else { throw Self.lie("its ancestors end before genesis") }
        let count = min(lowest, Self.batch)
        let calls = (1...count).map { RPCTransport.Call("eth_getBlockByNumber", .quantity(lowest - $0), false) }
        for answer in try await client.transport.all(calls) {
            let number = child.header.number - 1
            let json = try answer.value
            guard json != .null else { throw Self.lie("block \(number) is not there") }
            let header = try WireReader(json, "block").header().header
            guard header.number == number, header.hash == child.header.parentHash else {
                throw Self.lie("block \(number) is not the parent of block \(child.header.number)")
            }
            child = BlockHeader(hash: child.header.parentHash, header: header)
            let verified = child
            known.withLock { known in
                known.headers[number] = verified
                known.lowest = min(known.lowest ?? .max, number)
            }
        }
    }

    /// The verified header that a question about state is about.
    func existing(_ block: BlockTag) async throws(ChainError) -> BlockHeader {
        guard let header = try await header(at: block) else {
            throw ChainError(.notFound, "block \(block) is not the trusted block or one before it")
        }
        return header
    }
}
