import Bytes
import EVM
import Ethereum
import Ledger
import Testing

import Devchain

/// EIP-7934: a block of Osaka has at most 8 MiB of RLP, whatever gas it may use.
@Suite struct BlockSizeTests {
    private static let limit = 8_388_608

    private static func chain(_ adjust: (inout DevchainConfiguration) -> Void) throws -> TestChain {
        try TestChain {
            $0.gasLimit = 1_000_000_000
            $0.mining = .manual
            adjust(&$0)
        }
    }

    private static func large(_ test: TestChain, _ count: UInt64) -> [[UInt8]] {
        let data = [UInt8](repeating: 0, count: 130_000)
        return (0..<count).map {
            test.wallets[Int($0 % 3)].signed(
                nonce: $0 / 3, to: Address(number: 0xabc), data: data, gas: 1_400_000
            ).encoded
        }
    }

    @Test func aBlockIsFilledUpToTheLimitAndNoFurther() async throws {
        let test = try Self.chain { $0.fork = .osaka }
        let answers = await test.chain.send(raws: Self.large(test, 80))
        #expect(answers.allSatisfy { (try? $0.get()) != nil })
        try await test.chain.mine()
        let size = try #require(try test.chain.blockSize(at: .latest))
        #expect(size <= Self.limit && size > Self.limit - 131_000)
        #expect(try test.chain.transactionCount(at: .latest) == 64)
        try await test.chain.mine()
        #expect(try test.chain.transactionCount(at: .latest) == 16)
    }

    @Test func whatIsAskedForMustFit() async throws {
        let test = try Self.chain { $0.fork = .osaka }
        let raws = Self.large(test, 66)
        let refused = await refusal { try await test.chain.mine(transactions: raws) }
        #expect(refused.contains("exceeds the limit of 8388608"))
        #expect(try test.chain.blockNumber() == 0)
        try await test.chain.mine(transactions: Array(raws.prefix(64)))
        #expect(try test.chain.transactionCount(at: .latest) == 64)
    }

    @Test func pragueHasNoLimit() async throws {
        let test = try Self.chain { $0.fork = .prague }
        try await test.chain.mine(transactions: Self.large(test, 66))
        #expect(try #require(try test.chain.blockSize(at: .latest)) > Self.limit)
    }
}
