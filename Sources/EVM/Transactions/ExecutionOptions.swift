/// Which rules a message may break: none in a block; some in `eth_call` and its kin.
package struct ExecutionOptions: Sendable {
    /// The nonce must be the sender's.
    package var checksNonce = true
    /// The sender must have no code other than a delegation.
    package var checksSenderCode = true
    /// The sender must be able to pay for gas and value, and pays.
    package var checksBalance = true
    /// A price of zero is accepted whatever the base fee; the base fee is then zero for the code, too.
    package var allowsZeroFee = false
    /// EIP-7825's cap on one transaction's gas holds.
    package var checksGasCap = true
    /// What the message did stays in the state; otherwise it is undone.
    package var commits = true

    package init() {}

    /// A transaction of a block: everything holds.
    package static let transaction = ExecutionOptions()

    /// `eth_call`: any sender, no fee asked, nothing kept.
    package static let call: ExecutionOptions = {
        var options = ExecutionOptions()
        options.checksNonce = false
        options.checksSenderCode = false
        options.allowsZeroFee = true
        options.checksGasCap = false
        options.commits = false
        return options
    }()
}
