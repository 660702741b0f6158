import Bytes
import EVM
import Testing

@Suite struct FeeRulesTests {
    /// EIP-1559: an eighth up where the block is full, an eighth down where it is empty, at least one wei up.
    @Test func baseFeeFollowsDemand() {
        let gwei = U256(1_000_000_000 as UInt64)
        #expect(FeeRules.nextBaseFee(base: gwei, gasUsed: 30_000_000, gasLimit: 30_000_000) == 1_125_000_000)
        #expect(FeeRules.nextBaseFee(base: gwei, gasUsed: 0, gasLimit: 30_000_000) == 875_000_000)
        #expect(FeeRules.nextBaseFee(base: gwei, gasUsed: 15_000_000, gasLimit: 30_000_000) == gwei)
        #expect(FeeRules.nextBaseFee(base: 7, gasUsed: 15_000_001, gasLimit: 30_000_000) == 8)
        #expect(FeeRules.nextBaseFee(base: 7, gasUsed: 0, gasLimit: 30_000_000) == 7)
    }

    /// The numbers of EIP-4844 at the fraction of Cancun.
    @Test(arguments: [(0, 1), (2_314_057, 1), (2_314_058, 2), (10 * 1024 * 1024, 23)])
    func blobBaseFee(excess: Int, fee: Int) {
        #expect(FeeRules.blobBaseFee(excess: UInt64(excess), schedule: .cancun) == U256(fee))
    }
}
