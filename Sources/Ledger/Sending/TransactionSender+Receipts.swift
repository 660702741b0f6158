package import Bytes
import Ethereum

extension TransactionSender {
    /// Waits for the receipt of a transaction that `submit` accepted.
    ///
    /// Looks again and again with growing pauses; sends once more what the node forgot; raises the price of what stays
    /// stuck; and believes a receipt when enough blocks stand on it.
    ///
    /// - Throws: `ChainError` of kind `.reverted` with the contract's reason where it failed, `.rejected` where
    ///   another transaction took its nonce, `.timedOut` where no receipt came.
    package func receipt(of hash: Hash32) async throws(ChainError) -> MinedReceipt {
        let began = Stopwatch(clock)
        var (pause, lastPush, pushes) = (policy.firstPoll, Duration.zero, 0)
        while true {
            let flight = waiting[hash]
            for form in flight?.hashes ?? [hash] {
                guard let found = try await chain.receipt(of: form), try await isSettled(found) else { continue }
                if let flight { settle(flight) }
                guard !found.succeeded else { return found }
                throw await failure(of: found, transaction: flight?.transaction)
            }
            let elapsed = began.elapsed
            if let flight, elapsed - lastPush >= policy.stuckAfter {
                lastPush = elapsed
                try await push(flight, pushes: &pushes)
            }
            guard elapsed < policy.timeout else {
                throw ChainError(
                    .timedOut,
                    "no receipt for transaction \(hash) after \(policy.timeout.components.seconds) s: the chain is not "
                        + "mining or offers too low a price; look again later with its hash")
            }
            do { try await clock.sleep(for: pause) } catch {
                throw ChainError(.timedOut, "waiting for transaction \(hash) was cancelled; it may still be mined")
            }
            pause = min(pause * 3 / 2, policy.longestPoll)
        }
    }

    /// A stuck transaction is sent again, then replaced by itself at a higher price.
    private func push(_ flight: InFlight, pushes: inout Int) async throws(ChainError) {
        if try await chain.nonce(of: address, at: .latest) > flight.transaction.nonce {
            for form in flight.hashes where try await chain.receipt(of: form) != nil { return }
            settle(flight)
            throw ChainError(
                .rejected,
                "transaction \(flight.hashes[0]) was displaced: another one with nonce \(flight.transaction.nonce) "
                    + "from \(address) was mined; is the key used elsewhere too?")
        }
        // A node that restarted may have forgotten it; one that knows it says so, which is no failure.
        _ = try? await chain.send(raw: flight.raw)
        if pushes < policy.replacements, await raisePrice(of: flight) != nil { pushes += 1 }
    }

    /// Whether enough blocks stand on the receipt's block, which must still be the one at its height.
    private func isSettled(_ receipt: MinedReceipt) async throws(ChainError) -> Bool {
        guard policy.confirmations > 0 else { return true }
        guard try await chain.blockNumber() >= receipt.blockNumber + policy.confirmations else { return false }
        return try await chain.header(at: .number(receipt.blockNumber))?.hash == receipt.blockHash
    }

    /// Why a mined transaction failed: runs it again on the state before its block.
    private func failure(of receipt: MinedReceipt, transaction: Transaction?) async -> ChainError {
        let name = "transaction \(receipt.transactionHash) in block \(receipt.blockNumber)"
        guard let transaction else { return ChainError(.reverted, code: 3, "\(name) failed") }
        var message = CallMessage(
            from: receipt.from, to: transaction.to, gas: transaction.gasLimit, value: transaction.value,
            data: transaction.data)
        message.accessList = transaction.accessList
        let before = BlockTag.number(receipt.blockNumber == 0 ? 0 : receipt.blockNumber - 1)
        do throws(ChainError) {
            _ = try await chain.call(message, at: before)
        } catch {
            if error.kind == .reverted {
                let data = error.data ?? []
                return ChainError(.reverted, code: 3, "\(RevertReason(data)) (\(name))", data: data)
            }
            return ChainError(.reverted, code: error.code, "\(error.message) (\(name))")
        }
        let reason = receipt.gasUsed == transaction.gasLimit ? "out of gas" : "execution reverted"
        return ChainError(.reverted, code: 3, "\(reason) (\(name), gas limit \(transaction.gasLimit))")
    }
}

/// How much of a clock's time has gone by, whatever its instants are.
private struct Stopwatch {
    private let read: () -> Duration

    init(_ clock: any Clock<Duration>) { read = Stopwatch.reader(clock) }

    var elapsed: Duration { read() }

    private static func reader<C: Clock<Duration>>(_ clock: C) -> () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
