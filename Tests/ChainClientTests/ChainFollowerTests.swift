import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import Ledger
import Testing

/// Following a chain, the same in process and through JSON-RPC.
@Suite(.timeLimit(.minutes(1)))
struct ChainFollowerTests {
    private func follow(_ chain: any Chain, from start: UInt64? = nil, filter: LogFilter = LogFilter())
        -> AsyncThrowingStream<ChainFollower.Event, any Error>.Iterator
    {
        ChainFollower(chain: chain, filter: filter, start: start, interval: .milliseconds(2)).events()
            .makeAsyncIterator()
    }

    /// The next event, which must be a block.
    private func block(
        _ events: inout AsyncThrowingStream<ChainFollower.Event, any Error>.Iterator
    ) async throws -> BlockHeader {
        let event = try await events.next()
        guard case .block(let header, _)? = event else { throw Unexpected(event: event) }
        return header
    }

    private struct Unexpected: Error { let event: ChainFollower.Event? }

    @Test func everyBlockComesOnceWithItsLogs() async throws {
        let fixture = try await Fixture.make()
        for chain in [fixture.chain as any Chain, fixture.client] {
            var events = follow(chain, from: 0, filter: LogFilter(addresses: [fixture.contract]))
            for number in 0...6 {
                guard case .block(let header, let logs)? = try await events.next() else {
                    Issue.record("no block \(number)")
                    return
                }
                #expect(header.header.number == UInt64(number))
                #expect(logs.count == (number < 2 ? 0 : 1))
                #expect(logs.allSatisfy { $0.blockHash == header.hash })
            }
        }
        await fixture.close()
    }

    @Test func newBlocksAreTold() async throws {
        let fixture = try await Fixture.make()
        var events = follow(fixture.client, from: 7)
        let chain = fixture.chain
        let miner = Task {
            try await Task.sleep(for: .milliseconds(30))
            _ = try await chain.mine(blocks: 3)
        }
        for number in 7...9 {
            let header = try await block(&events)
            #expect(header.header.number == UInt64(number))
        }
        try await miner.value
        await fixture.close()
    }

    @Test func replacedBlocksAreTakenBackFirst() async throws {
        let fixture = try await Fixture.make()
        let chain = fixture.chain
        var events = follow(fixture.client, from: 4)
        var told: [BlockHeader] = []
        for _ in 4...6 {
            if case .block(let header, _)? = try await events.next() { told.append(header) }
        }
        // Blocks 5 and 6 go; two others and one more take their place.
        try await chain.rollback(blocks: 2)
        _ = try await chain.mine(blocks: 3, timestamp: 1_800_000_000)
        for old in told.reversed().prefix(2) {
            #expect(try await events.next() == .removed(old))
        }
        for number in 5...7 {
            let header = try await block(&events)
            #expect(header == (try chain.header(at: .number(UInt64(number)))))
        }
        await fixture.close()
    }

    @Test func aChainThatOnlyShrinksIsNoticed() async throws {
        let fixture = try await Fixture.make()
        var events = follow(fixture.chain, from: 6)
        let last = try await block(&events)
        try await fixture.chain.rollback(blocks: 1)
        #expect(try await events.next() == .removed(last))
        await fixture.close()
    }
}
