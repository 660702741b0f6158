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

    /// What the last `count` blocks up to `newest` charged; at most 1,024.
    package func feeHistory(blocks count: Int, newest: BlockTag, percentiles: [Double]) throws(ChainError) -> FeeHistory
    {
        for (index, value) in percentiles.enumerated() {
            guard value >= 0, value <= 100 else {
                throw ChainError(.invalidRequest, "invalid reward percentile: \(value)")
            }
            guard index == 0 || percentiles[index - 1] < value else {
                throw ChainError(
                    .invalidRequest,
                    "invalid reward percentile: #\(index - 1):\(percentiles[index - 1]) >= #\(index):\(value)")
            }
        }
        let last = try newest == .pending ? settledHead().number : known(newest).header.number
        var history = FeeHistory(
            oldestBlock: 0, baseFees: [], gasUsedRatios: [], blobBaseFees: [], blobGasUsedRatios: [],
            rewards: percentiles.isEmpty ? nil : [])
        let wanted = UInt64(clamping: min(count, 1024))
        if wanted == 0 { return history }
        let schedule = BlobSchedule.initial(for: configuration.fork)
        history.oldestBlock = last + 1 >= wanted ? last + 1 - wanted : 0
        var newestHeader: Header?
        for number in history.oldestBlock...last {
            let header = try known(.number(number)).header
            history.baseFees.append(header.baseFeePerGas ?? .zero)
            history.gasUsedRatios.append(Double(header.gasUsed) / Double(max(1, header.gasLimit)))
            history.blobBaseFees.append(FeeRules.blobBaseFee(excess: header.excessBlobGas ?? 0, schedule: schedule))
            history.blobGasUsedRatios.append(Double(header.blobGasUsed ?? 0) / Double(schedule.max * 131_072))
            if !percentiles.isEmpty { history.rewards?.append(try rewards(number, header, percentiles)) }
            newestHeader = header
        }
        if let newestHeader {
            history.baseFees.append(FeeRules.nextBaseFee(after: newestHeader))
            let excess = FeeRules.nextExcessBlobGas(after: newestHeader, fork: configuration.fork, schedule: schedule)
            history.blobBaseFees.append(FeeRules.blobBaseFee(excess: excess, schedule: schedule))
        }
        return history
    }

    private func rewards(_ number: UInt64, _ header: Header, _ percentiles: [Double]) throws(ChainError) -> [U256] {
        let base = header.baseFeePerGas ?? .zero
        let tips = try (receipts(at: .number(number)) ?? [])
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
