package import Bytes
import Ethereum
import EVM
package import Ledger

/// What blocks charged (`eth_feeHistory`).
package struct FeeHistory: Hashable, Sendable {
    package var oldestBlock: UInt64
    /// Wei per gas of each block, and of the one after the newest.
    package var baseFees: [U256]
    /// Gas used over gas limit.
    package var gasUsedRatios: [Double]
    /// Wei per blob gas of each block, and of the one after the newest.
    package var blobBaseFees: [U256]
    package var blobGasUsedRatios: [Double]
    /// For each block the tips at the percentiles of its gas that were asked for; wei per gas.
    package var rewards: [[U256]]?
}

extension Devchain {
    /// Wei per gas that wallets offer the fee recipient unless told otherwise.
    private static let usualTip: U256 = 1_000_000_000

    package func fees() throws(ChainError) -> FeeQuote {
        let now = try settledNow()
        return FeeQuote(
            baseFeePerGas: now.settings.nextBaseFee ?? FeeRules.nextBaseFee(after: now.head.block.header),
            maxPriorityFeePerGas: max(now.settings.minimumTip, Self.usualTip))
    }

    /// Wei per blob gas in the next block.
    package func blobBaseFee() throws(ChainError) -> U256 {
        let schedule = BlobSchedule.initial(for: configuration.fork)
        let excess = FeeRules.nextExcessBlobGas(
            after: try settledHead().block.header, fork: configuration.fork, schedule: schedule)
        return FeeRules.blobBaseFee(excess: excess, schedule: schedule)
    }

    /// What the last `count` blocks up to `newest` charged; at most 1,024. Without blocks all lists are empty.
    package func feeHistory(blocks count: Int, newest: BlockTag, percentiles: [Double]) throws(ChainError) -> FeeHistory
    {
        var history = FeeHistory(
            oldestBlock: 0, baseFees: [], gasUsedRatios: [], blobBaseFees: [], blobGasUsedRatios: [],
            rewards: percentiles.isEmpty ? nil : [])
        let wanted = UInt64(clamping: min(count, 1024))
        if wanted == 0 { return history }
        try Self.check(percentiles)
        let head = try settledHead().number
        if case .number(let number) = newest, number > head {
            throw ChainError(.invalidRequest, "request beyond head block: requested \(number), head \(head)")
        }
        let end = try known(newest).header
        let schedule = BlobSchedule.initial(for: configuration.fork)
        history.oldestBlock = end.number + 1 - min(wanted, end.number + 1)
        for number in history.oldestBlock...end.number {
            let tag = number == end.number ? newest : .number(number)
            let header = number == end.number ? end : try known(tag).header
            history.baseFees.append(header.baseFeePerGas ?? .zero)
            history.gasUsedRatios.append(Double(header.gasUsed) / Double(max(1, header.gasLimit)))
            history.blobBaseFees.append(FeeRules.blobBaseFee(excess: header.excessBlobGas ?? 0, schedule: schedule))
            history.blobGasUsedRatios.append(Double(header.blobGasUsed ?? 0) / Double(schedule.max * 131_072))
            if !percentiles.isEmpty { history.rewards?.append(try rewards(tag, header, percentiles)) }
        }
        history.baseFees.append(FeeRules.nextBaseFee(after: end))
        let excess = FeeRules.nextExcessBlobGas(after: end, fork: configuration.fork, schedule: schedule)
        history.blobBaseFees.append(FeeRules.blobBaseFee(excess: excess, schedule: schedule))
        return history
    }

    /// Percentiles are at most a hundred and rise, in geth's words.
    private static func check(_ percentiles: [Double]) throws(ChainError) {
        func refusal(_ what: String) -> ChainError {
            ChainError(.invalidRequest, "invalid reward percentile: \(what)")
        }
        if percentiles.count > 100 { throw refusal("over the query limit 100") }
        for (index, value) in percentiles.enumerated() {
            guard value >= 0, value <= 100 else { throw refusal(value.withSixDigits) }
            guard index == 0 || percentiles[index - 1] < value else {
                throw refusal(
                    "#\(index - 1):\(percentiles[index - 1].withSixDigits) >= #\(index):\(value.withSixDigits)")
            }
        }
    }

    private func rewards(_ block: BlockTag, _ header: Header, _ percentiles: [Double]) throws(ChainError) -> [U256] {
        let base = header.baseFeePerGas ?? .zero
        let tips = try (receipts(at: block) ?? [])
            .map { (tip: $0.effectiveGasPrice - min(base, $0.effectiveGasPrice), gas: $0.gasUsed) }
            .sorted { $0.tip < $1.tip }
        if tips.isEmpty { return percentiles.map { _ in .zero } }
        var (index, sum) = (0, tips[0].gas)
        return percentiles.map { percentile in
            let threshold = UInt64(Double(header.gasUsed) * percentile / 100)
            while sum < threshold && index < tips.count - 1 {
                index += 1
                sum += tips[index].gas
            }
            return tips[index].tip
        }
    }
}

extension Double {
    /// With six digits behind the point, as C and Go print `%f`.
    fileprivate var withSixDigits: String {
        guard magnitude < 1e12 else { return "\(self)" }
        let millionths = UInt64((magnitude * 1e6).rounded())
        let digits = String(millionths % 1_000_000)
        let fraction = String(repeating: "0", count: 6 - digits.count) + digits
        return (self < 0 ? "-" : "") + "\(millionths / 1_000_000).\(fraction)"
    }
}
