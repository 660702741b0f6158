package import Bytes
import EVM
import Ethereum
package import Ledger

extension Devchain {
    /// Marks the state to come back to.
    package func snapshot() async throws(ChainError) -> UInt64 {
        try await perform { (sequencer) throws(ChainError) in sequencer.takeSnapshot() }
    }

    /// Makes the chain as it was at the snapshot, which is used up with all later ones.
    ///
    /// - Returns: false where there is no such snapshot.
    package func revert(to snapshot: UInt64) async throws(ChainError) -> Bool {
        try await perform { (sequencer) throws(ChainError) in try sequencer.revert(to: snapshot) }
    }

    /// Takes the newest blocks back.
    package func rollback(blocks: UInt64) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in try sequencer.rollback(blocks: blocks) }
    }

    /// Replaces the newest `depth` blocks by as many others, of which some may carry given transactions.
    ///
    /// - Parameter transactions: wire forms, each with the place of its block among the new ones.
    /// - Throws: where one of them cannot stand in its block; the blocks are there then, without it.
    package func reorganize(depth: UInt64, transactions: [(raw: [UInt8], block: Int)] = []) async throws(ChainError) {
        var entries: [Int: [PooledTransaction]] = [:]
        for (raw, block) in transactions {
            guard block >= 0, UInt64(block) < depth else {
                throw ChainError(.invalidRequest, "block \(block) is not among the \(depth) new ones")
            }
            entries[block, default: []].append(try Self.decode(raw))
        }
        let placed = entries
        try await perform { (sequencer) throws(ChainError) in
            try sequencer.rollback(blocks: depth)
            var failure: ChainError?
            for index in 0..<depth {
                let now = sequencer.shared.now
                // Another prevrandao makes another block, even where nothing else differs.
                var spec = sequencer.nextSpec(now)
                spec.prevRandao = Sequencer.prevRandao(seed: spec.prevRandao, number: index)
                var candidates = ListedCandidates(placed[Int(index)] ?? [])
                let built = try sequencer.build(on: now.head, spec, &candidates)
                try sequencer.append(built, spec)
                if failure == nil, let refused = built.refused.first {
                    failure = ChainError(
                        .rejected,
                        "block \(built.header.number) was made without \(refused.transaction.hash): \(refused.reason)")
                }
            }
            if let failure { throw failure }
        }
    }

    // MARK: State

    /// Wei.
    package func setBalance(_ balance: U256, of address: Address) async throws(ChainError) {
        try await intervene(.balance(address, balance))
    }

    package func setNonce(_ nonce: UInt64, of address: Address) async throws(ChainError) {
        try await intervene(.nonce(address, nonce))
    }

    package func setCode(_ code: [UInt8], of address: Address) async throws(ChainError) {
        try await intervene(.code(address, code))
    }

    package func setStorage(_ value: U256, of address: Address, slot: U256) async throws(ChainError) {
        try await intervene(.slot(address, slot: slot, value: value))
    }

    /// Puts accounts with this balance and nothing else into the state, all at once.
    package func add(accounts: [Address], balance: U256) async throws(ChainError) {
        try await intervene(
            .accounts(Dictionary(accounts.map { ($0, GenesisAccount(balance: balance)) }) { first, _ in first }))
    }

    package func setChainID(_ id: UInt64) async throws(ChainError) { try await intervene(.chainID(id)) }

    func intervene(_ intervention: Intervention) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            try sequencer.intervene(intervention)
            if sequencer.shared.now.settings.mining == .automatic { sequencer.runRound() }
        }
    }

    // MARK: Senders without keys

    package func impersonate(_ address: Address) async throws(ChainError) {
        try await change { $0.impersonated.insert(address) }
    }

    package func stopImpersonating(_ address: Address) async throws(ChainError) {
        try await change { $0.impersonated.remove(address) }
    }

    /// Lets everybody send in the name of every account.
    package func setAutoImpersonate(_ enabled: Bool) async throws(ChainError) {
        try await change { $0.impersonatesAll = enabled }
    }

    package func isImpersonated(_ address: Address) -> Bool {
        let settings = shared.now.settings
        return settings.impersonatesAll || settings.impersonated.contains(address)
    }

    // MARK: The pool

    /// Forgets a transaction that waits.
    ///
    /// - Returns: whether it was there.
    package func dropTransaction(_ hash: Hash32) async throws(ChainError) -> Bool {
        try await perform { (sequencer) throws(ChainError) in
            let found = sequencer.shared.update { $0.pool.remove(hash) != nil }
            try sequencer.savePoolWithoutDelay()
            return found
        }
    }

    package func dropAllTransactions() async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            sequencer.shared.update { $0.pool.removeAll() }
            try sequencer.savePoolWithoutDelay()
        }
    }

    /// Forgets all transactions of one sender that wait.
    package func removePoolTransactions(of sender: Address) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            sequencer.shared.update { state in
                for entry in state.pool.entries(of: sender) { state.pool.remove(entry.hash) }
            }
            try sequencer.savePoolWithoutDelay()
        }
    }

    /// Takes the chain back to its genesis block.
    package func reset() async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            sequencer.shared.update { $0.pool.removeAll() }
            try sequencer.savePoolWithoutDelay()
            try sequencer.rollback(blocks: sequencer.shared.head.number)
            try sequencer.forgetInterventions()
            sequencer.snapshots = []
        }
    }

    // MARK: Listening

    /// Every event of these kinds from now on, in order; ends when the task that listens is cancelled or the chain closes.
    package func listen(_ kinds: Set<ChainEvent.Kind> = Set(ChainEvent.Kind.allCases), limit: Int = 100_000)
        -> AsyncStream<ChainEvent>
    {
        events.listen(kinds, limit: limit)
    }
}
