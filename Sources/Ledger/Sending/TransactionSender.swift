package import Bytes
package import Crypto
import Ethereum

/// Sends one wallet's transactions to any chain: nonces, fees, gas, waiting, replacement, readable failures.
///
///     let sender = TransactionSender(chain: chain, key: key)
///     let receipt = try await sender.send(to: contract, data: call)
///
/// Many calls may be under way at once. Use one sender per key: two would take each other's nonces (which heals, but
/// costs a round trip each time).
package actor TransactionSender {
    package nonisolated let chain: any Chain
    package nonisolated let address: Address
    package nonisolated let policy: SendingPolicy
    nonisolated let clock: any Clock<Duration>
    private nonisolated let key: PrivateKey
    private var nonces = NonceBook()
    private var knownChainID: UInt64?
    var waiting: [Hash32: InFlight] = [:]

    /// A transaction that was accepted and has no receipt yet, with all forms in which it was sent.
    struct InFlight: Sendable {
        var transaction: Transaction
        var raw: [UInt8]
        var hashes: [Hash32]
    }

    package init(
        chain: any Chain, key: PrivateKey, policy: SendingPolicy = SendingPolicy(),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        (self.chain, self.key, self.policy, self.clock) = (chain, key, policy, clock)
        address = key.address
    }

    /// Signs, hands in, and waits for the receipt.
    ///
    /// - Throws: `ChainError`; of kind `.reverted` with the contract's reason and data where it failed on the chain.
    package func send(
        to: Address?, value: U256 = .zero, data: [UInt8] = [], gasLimit: UInt64? = nil
    ) async throws(ChainError) -> MinedReceipt {
        try await receipt(of: submit(to: to, value: value, data: data, gasLimit: gasLimit))
    }

    /// Signs and hands in; returns when the node has accepted it.
    package func submit(
        to: Address?, value: U256 = .zero, data: [UInt8] = [], gasLimit: UInt64? = nil
    ) async throws(ChainError) -> Hash32 {
        var message = CallMessage(from: address, to: to, value: value, data: data)
        message.gas = gasLimit
        let gas: UInt64
        if let gasLimit { gas = gasLimit } else { gas = try await gasWithMargin(for: message) }
        let fees = try await chain.fees()
        let chainID = try await currentChainID()
        var transaction = Transaction(kind: .dynamicFee, chainID: chainID, nonce: 0, gasLimit: gas, to: to)
        (transaction.value, transaction.data) = (value, data)
        transaction.maxPriorityFeePerGas = capped(fees.maxPriorityFeePerGas)
        transaction.maxFeePerGas = capped(fees.maxFeePerGas)
        for _ in 0..<8 {
            transaction.nonce = try await takeNonce()
            do throws(ChainError) {
                return try await handIn(transaction)
            } catch {
                try await recover(from: error, nonce: transaction.nonce)
            }
        }
        throw ChainError(
            .rejected,
            "the nonces of \(address) keep being taken by another sender of the same key: stop one of the two")
    }

    /// Signs and sends under a nonce that is taken already.
    private func handIn(_ transaction: Transaction) async throws(ChainError) -> Hash32 {
        let signed = transaction.signed(by: key)
        let (raw, hash) = (signed.encoded, signed.hash)
        do throws(ChainError) {
            _ = try await chain.send(raw: raw)
        } catch {
            guard error.message.contains("already known") else { throw error }
        }
        waiting[hash] = InFlight(transaction: transaction, raw: raw, hashes: [hash])
        return hash
    }

    /// After a refusal: returns where another nonce may help, throws where not.
    private func recover(from error: ChainError, nonce: UInt64) async throws(ChainError) {
        let leavesGap = nonces.giveBack(nonce)
        guard error.kind == .rejected else {
            // Nobody knows whether the node has it: ask before the next nonce is given out.
            nonces.doubt()
            throw error
        }
        if error.message.contains("nonce too low") || error.message.contains("underpriced") {
            nonces.doubt()
            return
        }
        if leavesGap { await fillGap(nonce) }
        throw error
    }

    /// Transactions behind a refused one would wait for ever: an empty transfer to oneself takes its place.
    private func fillGap(_ nonce: UInt64) async {
        guard let fees = try? await chain.fees(), let chainID = try? await currentChainID() else { return }
        let taken = nonces.take()
        var filler = Transaction(kind: .dynamicFee, chainID: chainID, nonce: taken, gasLimit: 21_000, to: address)
        filler.maxPriorityFeePerGas = capped(fees.maxPriorityFeePerGas)
        filler.maxFeePerGas = capped(fees.maxFeePerGas)
        do { _ = try await handIn(filler) } catch { _ = nonces.giveBack(taken) }
    }

    private func takeNonce() async throws(ChainError) -> UInt64 {
        if nonces.next == nil {
            let pending = try await chain.nonce(of: address, at: .pending)
            // Another task may have learnt it, and gone on, while this one asked.
            if nonces.next == nil { nonces.learn(pending: pending) }
        }
        return nonces.take()
    }

    private func currentChainID() async throws(ChainError) -> UInt64 {
        if let knownChainID { return knownChainID }
        let id = try await chain.chainID()
        knownChainID = id
        return id
    }

    private func gasWithMargin(for message: CallMessage) async throws(ChainError) -> UInt64 {
        let estimate: UInt64
        do throws(ChainError) {
            estimate = try await chain.estimateGas(message)
        } catch {
            guard error.kind == .reverted, await succeedsOnNewestBlock(message) else { throw error }
            throw ChainError(.overtaken, code: error.code, error.message, data: error.data)
        }
        if message.to != nil, message.data.isEmpty, estimate == 21_000 { return estimate }
        let wanted = estimate + estimate * policy.gasMarginPercent / 100
        // Only large ones can come near the ceiling of a block or of a transaction (EIP-7825).
        guard wanted > 12_000_000, let head = try await chain.header(at: .latest) else { return wanted }
        return max(estimate, min(wanted, head.header.gasLimit, max(estimate, 1 << 24)))
    }

    /// Whether a message that the node refuses by its pending block would do on the newest mined one.
    private func succeedsOnNewestBlock(_ message: CallMessage) async -> Bool {
        (try? await chain.call(message, at: .latest)) != nil
    }

    private func capped(_ fee: U256) -> U256 { policy.feeCeiling.map { min($0, fee) } ?? fee }

    // MARK: - For the waiting half

    /// The transaction with this nonce is mined: forgets all its forms.
    func settle(_ flight: InFlight) {
        nonces.settle(flight.transaction.nonce)
        for hash in flight.hashes { waiting[hash] = nil }
    }

    /// Sends the same transaction at a price a quarter higher; nil where the ceiling or the node forbids it.
    func raisePrice(of flight: InFlight) async -> InFlight? {
        guard let fees = try? await chain.fees() else { return nil }
        var transaction = flight.transaction
        transaction.maxPriorityFeePerGas = capped(
            max(raised(transaction.maxPriorityFeePerGas), fees.maxPriorityFeePerGas))
        transaction.maxFeePerGas = capped(max(raised(transaction.maxFeePerGas), fees.maxFeePerGas))
        guard transaction.maxFeePerGas > flight.transaction.maxFeePerGas else { return nil }
        let signed = transaction.signed(by: key)
        let (raw, hash) = (signed.encoded, signed.hash)
        do { _ = try await chain.send(raw: raw) } catch { return nil }
        let next = InFlight(transaction: transaction, raw: raw, hashes: flight.hashes + [hash])
        for hash in next.hashes { waiting[hash] = next }
        return next
    }

    private func raised(_ fee: U256) -> U256 { fee &+ fee / 4 &+ 1 }
}
