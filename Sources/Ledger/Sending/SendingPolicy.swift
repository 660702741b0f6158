package import Bytes

/// How a `TransactionSender` prices, waits and gives up.
package struct SendingPolicy: Sendable {
    /// Added to an estimate, in percent: the state may change before the transaction runs.
    package var gasMarginPercent: UInt64 = 25
    /// The first pause between two looks for a receipt; each further one is half as long again.
    package var firstPoll: Duration = .milliseconds(4)
    /// The longest pause between two looks.
    package var longestPoll: Duration = .seconds(1)
    /// A transaction without a receipt for this long is sent again at a higher price.
    package var stuckAfter: Duration = .seconds(45)
    /// How often the price is raised; each time by a quarter (nodes ask for a tenth).
    package var replacements = 4
    /// After this long the sender gives up waiting.
    package var timeout: Duration = .seconds(600)
    /// How many blocks must stand on the receipt's block before it is believed; 0 for the embedded chain.
    package var confirmations: UInt64 = 0
    /// The most that may be offered, in wei per gas; nil for no ceiling.
    package var feeCeiling: U256?

    package init() {}
}
