import Bytes
package import ChainClient
import Ethereum
import EVM
package import Ledger
import Synchronization

/// Executes message calls here, on state of which every account, slot and line of code was proved.
///
///     let chain = TrustedChain(client: client, block: hash, executor: StatelessExecutor())
///     let supply = try await chain.call(CallMessage(to: token, data: totalSupply), at: .latest)
///
/// The machine runs on what is known and notes what it misses; that is fetched with proofs, and the machine runs again,
/// until it misses nothing. A run on missing entries decides nothing: only the last one's result is given out. What was
/// proved of the newest block asked about is kept for further calls.
///
/// The rules are those of the header's fork (`Fork.init(header:)`), so the chain must be Ethereum or execute like it.
package final class StatelessExecutor: CallExecutor {
    private let witnesses = Mutex<(root: Hash32, witness: Witness)?>(nil)
    /// Gas for a call that names no limit, as geth allows.
    private let gasCap: UInt64
    /// How often new entries may be asked for in one call.
    private let rounds: Int

    package init(gasCap: UInt64 = 50_000_000, rounds: Int = 1_000) { (self.gasCap, self.rounds) = (gasCap, rounds) }

    package func call(
        _ message: CallMessage, after header: BlockHeader, of chain: TrustedChain
    ) async throws(ChainError) -> [UInt8] {
        let context = try context(header.header, chainID: try await chain.chainID())
        let root = header.header.stateRoot
        var witness = witnesses.withLock { $0?.root == root ? $0?.witness : nil } ?? Witness()
        var wish = Wish()
        for address in [message.from ?? .zero, message.to, context.coinbase].compactMap({ $0 }) {
            if witness.accounts[address] == nil { wish.slots[address] = [] }
        }
        // The node's own list of what the call touches saves rounds; what it leaves out is asked for later.
        if !wish.slots.isEmpty {
            for entry in await chain.touched(by: message, after: header) {
                for key in entry.storageKeys { wish.want(U256(key), of: entry.address, in: witness) }
                wish.want(entry.address, in: witness)
            }
        }
        for _ in 0..<rounds {
            try await witness.fetch(wish, after: header, from: chain)
            let state = WitnessState(witness)
            let outcome = Self.run(message, on: state, context, gasCap: gasCap)
            wish = state.missed
            guard wish.isEmpty else { continue }
            witnesses.withLock { $0 = (root, witness) }
            switch outcome {
            case .success(let outcome): return try Self.output(of: outcome)
            case .failure(let rejection): throw ChainError(.rejected, "\(rejection)")
            }
        }
        throw ChainError(
            .timedOut, "the call still asks for new state after \(rounds) rounds: it cannot be executed here")
    }

    /// One run; nothing of it stays.
    private static func run(
        _ message: CallMessage, on state: WitnessState, _ context: BlockContext, gasCap: UInt64
    ) -> Result<EVM.Outcome, TransactionRejection> {
        let machine = Machine(state: WorldState(reader: state), block: context)
        let isDynamic = message.maxFeePerGas != nil || message.maxPriorityFeePerGas != nil
        let kind: Transaction.Kind = isDynamic ? .dynamicFee : message.accessList.isEmpty ? .legacy : .accessList
        var transaction = Transaction(
            kind: kind, chainID: context.chainID, nonce: 0, gasLimit: min(message.gas ?? gasCap, gasCap),
            to: message.to)
        transaction.gasPrice = message.gasPrice ?? .zero
        transaction.maxFeePerGas = message.maxFeePerGas ?? message.maxPriorityFeePerGas ?? .zero
        transaction.maxPriorityFeePerGas = message.maxPriorityFeePerGas ?? .zero
        (transaction.value, transaction.data) = (message.value, message.data)
        transaction.accessList = message.accessList
        do throws(TransactionRejection) {
            return .success(
                try machine.execute(
                    transaction, sender: message.from ?? .zero, gasAvailable: .max, options: .call, tracer: nil))
        } catch { return .failure(error) }
    }

    private static func output(of outcome: EVM.Outcome) throws(ChainError) -> [UInt8] {
        switch outcome.status {
        case .success: return outcome.output
        case .reverted:
            let words = RevertReason(outcome.output).words.map { ": " + $0 } ?? ""
            throw ChainError(.reverted, code: 3, "execution reverted\(words)", data: outcome.output)
        case .halted(let reason): throw ChainError(.reverted, code: -32000, "\(reason)")
        }
    }

    /// What code sees of the block.
    private func context(_ header: Header, chainID: UInt64) throws(ChainError) -> BlockContext {
        guard let fork = Fork(header: header) else {
            throw ChainError(
                .invalidRequest,
                "block \(header.number) is older than the London fork; calls on it are not executed here")
        }
        var context = BlockContext(fork: fork, chainID: chainID)
        context.number = header.number
        context.timestamp = header.timestamp
        context.gasLimit = header.gasLimit
        context.coinbase = header.beneficiary
        context.prevRandao = header.mixHash
        context.difficulty = header.difficulty
        context.baseFee = header.baseFeePerGas ?? .zero
        context.excessBlobGas = header.excessBlobGas ?? 0
        return context
    }
}

extension Fork {
    /// The rules of a block, as far as its header tells; nil before London.
    ///
    /// No header tells Osaka from Prague: Osaka it is, which gives calls the same results but for code that Prague would
    /// refuse and for the price of MODEXP (EIP-7823, EIP-7883, EIP-7939, EIP-7951).
    init?(header: Header) {
        if header.requestsHash != nil {
            self = .osaka
        } else if header.parentBeaconBlockRoot != nil {
            self = .cancun
        } else if header.withdrawalsRoot != nil {
            self = .shanghai
        } else if header.baseFeePerGas != nil {
            self = header.difficulty.isZero ? .paris : .london
        } else {
            return nil
        }
    }
}
