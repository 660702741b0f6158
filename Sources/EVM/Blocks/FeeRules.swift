package import Bytes
package import Ethereum

/// How prices move from block to block.
package enum FeeRules {
    /// Wei per gas in the block after `parent` (EIP-1559); the initial 1 gwei where `parent` had none.
    package static func nextBaseFee(after parent: Header) -> U256 {
        guard let base = parent.baseFeePerGas else { return U256(1_000_000_000 as UInt64) }
        return nextBaseFee(base: base, gasUsed: parent.gasUsed, gasLimit: parent.gasLimit)
    }

    package static func nextBaseFee(base: U256, gasUsed: UInt64, gasLimit: UInt64) -> U256 {
        let target = gasLimit / 2
        if gasUsed == target || target == 0 { return base }
        if gasUsed > target {
            let delta = base &* U256(gasUsed - target) / U256(target) / 8
            return base &+ (delta.isZero ? 1 : delta)
        }
        let delta = base &* U256(target - gasUsed) / U256(target) / 8
        return delta < base ? base - delta : .zero
    }

    /// Wei per blob gas (EIP-4844's `fake_exponential`).
    package static func blobBaseFee(excess: UInt64, schedule: BlobSchedule) -> U256 {
        let denominator = U256(schedule.updateFraction)
        let numerator = U256(excess)
        var (sum, term) = (U256.zero, denominator)
        var step = U256.one
        while !term.isZero {
            let (next, overflow) = sum.addingReportingOverflow(term)
            if overflow { return .max }
            sum = next
            let (product, wide) = term.multipliedReportingOverflow(by: numerator)
            if wide { return .max }
            term = product / (denominator &* step)
            step = step &+ 1
        }
        return sum / denominator
    }

    /// The excess blob gas of the block after `parent` (EIP-4844; from Osaka with EIP-7918's reserve price).
    package static func nextExcessBlobGas(after parent: Header, fork: Fork, schedule: BlobSchedule) -> UInt64 {
        let (excess, used) = (parent.excessBlobGas ?? 0, parent.blobGasUsed ?? 0)
        let target = schedule.target &* Gas.blob
        // Headers come from outside: a sum beyond 64 bits is no reason to trap.
        let (sum, overflow) = excess.addingReportingOverflow(used)
        if overflow { return .max - target }
        if sum < target { return 0 }
        if fork >= .osaka {
            let reserve = U256(1 << 13 as UInt64) &* (parent.baseFeePerGas ?? .zero)
            if reserve > U256(Gas.blob) &* blobBaseFee(excess: excess, schedule: schedule) {
                let share = U256(used) &* U256(schedule.max &- schedule.target) / U256(schedule.max)
                let (next, overflow) = excess.addingReportingOverflow(share.l0)
                return overflow ? .max : next
            }
        }
        return sum - target
    }
}
