import Bytes
import Ledger

/// What each of a cast pays in the course of a story: gas by what was measured, with a margin, and the amounts of the
/// contracts.
struct Budget: Sendable {
    /// What the parties put up, in wei.
    struct Amounts: Sendable {
        var escrow: U256
        var holderStake: U256
        var aggregatorStake: U256
        var serverStake: U256
        var fee: U256
    }

    let rounds: Int
    let holders: Int
    let amounts: Amounts

    /// Gas for everything that the party still has to do when so many rounds are left, and wei that it puts up.
    func need(of part: Cast.Part, rounds: Int) -> (gas: UInt64, wei: U256) {
        let rounds = UInt64(rounds)
        switch part {
        case .initiator: return (24_000_000, amounts.escrow)
        case .holder: return (700_000 + 3_100_000 * rounds, amounts.holderStake)
        case .aggregator: return (400_000 + (1_000_000 + 600_000 * UInt64(holders)) * rounds, amounts.aggregatorStake)
        case .server: return (1_200_000, amounts.serverStake)
        case .consumer: return (800_000, amounts.fee)
        case .watcher: return (0, .zero)
        }
    }

    /// The same in wei, at this price of gas.
    func wei(of part: Cast.Part, rounds: Int, fees: FeeQuote) -> U256 {
        let need = need(of: part, rounds: rounds)
        return need.gas == 0 ? .zero : U256(need.gas) &* fees.maxFeePerGas &+ need.wei
    }
}
