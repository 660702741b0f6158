package import Bytes
import Contracts
package import Ledger

/// A model server at work: it answers every request that admits it, by commit and reveal.
///
/// Nothing needs to be kept between commit and reveal: the salt derives from the server's secret, and the result from the
/// request and the chain, so a server that was killed in between opens its commitment after a restart.
package struct ModelServer: Sendable {
    package let shell: RoleShell<ServerRole>
    package let address: Address

    /// - Parameters:
    ///   - loader: where the versions come from.
    ///   - sender: the server's wallet.
    ///   - stake: wei that it stakes when it registers; a request's fee is bound in it.
    ///   - secret: 32 bytes that only the server knows.
    ///   - models: the models it answers for; empty means all whose program it knows.
    ///   - firstRequest: requests before this one are not looked at.
    ///   - report: hears of every action that was carried out.
    ///   - decline: hears of every request that is left alone, and why: a program that is unknown here, an input that does
    ///     not fit, a stake that is too small. One bad request stops nobody from answering the others.
    package init(
        loader: VersionLoader, sender: TransactionSender, stake: U256, secret: Hash32, models: Set<Hash32> = [],
        firstRequest: UInt64 = 1, report: @escaping @Sendable (ServerRole.Action) -> Void = { _ in },
        decline: @escaping @Sendable (_ request: UInt64, _ reason: String) -> Void = { _, _ in }
    ) {
        let work = Work(
            loader: loader, sender: sender, stake: stake, secret: secret, first: firstRequest, decline: decline)
        address = sender.address
        shell = RoleShell(
            role: ServerRole(me: sender.address, models: models), view: { try await work.view() },
            perform: { try await work.perform($0, $1) }, report: report)
    }
}

/// What a server's actions are made of.
private actor Work {
    private let loader: VersionLoader
    private let sender: TransactionSender
    private let stake: U256
    private let secret: Hash32
    /// Requests before this one are over.
    private var first: UInt64
    private var versions: [VersionKey: ServedVersion] = [:]
    private var results: [UInt64: [UInt8]] = [:]
    private var declined: Set<UInt64> = []
    private let requests: RequestReader
    private let decline: @Sendable (UInt64, String) -> Void

    private struct VersionKey: Hashable {
        let model: Hash32
        let version: Int
    }

    init(
        loader: VersionLoader, sender: TransactionSender, stake: U256, secret: Hash32, first: UInt64,
        decline: @escaping @Sendable (UInt64, String) -> Void
    ) {
        self.decline = decline
        (self.loader, self.sender, self.stake) = (loader, sender, stake)
        (self.secret, self.first) = (secret, max(1, first))
        requests = RequestReader(contracts: loader.contracts)
    }

    func view() async throws -> ServerRole.View {
        let market = loader.contracts.market
        let me = sender.address
        let waits =
            try await market.chain.nonce(of: me, at: .pending) > market.chain.nonce(of: me, at: .latest)
        let block = try await market.chain.blockNumber()
        let now = try await market.chain.nextTimestamp()
        let registered = try await market.server(me, at: .number(block)).isRegistered
        let open = try await requests.open(from: first, at: block)
        if let oldest = open.first?.id {
            first = oldest
        } else {
            first = try await market.requestCount(at: .number(block)) + 1
        }
        results = results.filter { entry in open.contains { $0.id == entry.key } }
        return ServerRole.View(
            block: block, now: now, registered: registered, requests: open.filter { !declined.contains($0.id) },
            transactionWaits: waits)
    }

    func perform(_ action: ServerRole.Action, _ view: ServerRole.View) async throws -> UInt64 {
        let market = loader.contracts.market
        let call: ContractCall
        switch action {
        case .register: call = market.registerServer(stake: stake)
        case .commit(let id):
            do {
                return try await commit(id, view)
            } catch {
                guard let reason = reasonToDecline(error) else { throw error }
                declined.insert(id)
                decline(id, reason)
                return view.block
            }
        case .reveal(let id): call = market.reveal(id, result: try await result(id, view), salt: salt(id))
        case .deliver(let id): call = market.deliver(id)
        }
        return try await sender.send(call).blockNumber
    }

    private func commit(_ id: UInt64, _ view: ServerRole.View) async throws -> UInt64 {
        let commitment = ResultCommitment.hash(
            request: id, server: sender.address, salt: salt(id), result: try await result(id, view))
        return try await sender.send(loader.contracts.market.commit(id, commitment: commitment)).blockNumber
    }

    /// Why a request that cannot be answered is left alone; nil for a failure that is about more than the request.
    private func reasonToDecline(_ error: any Error) -> String? {
        if let error = error as? ChainError { return error.kind == .reverted ? error.message : nil }
        return "\(error)"
    }

    private func salt(_ request: UInt64) -> Hash32 {
        ResultCommitment.salt(secret: secret, market: loader.contracts.market.address, request: request)
    }

    /// The canonical result, computed once for each request.
    private func result(_ id: UInt64, _ view: ServerRole.View) async throws -> [UInt8] {
        if let known = results[id] { return known }
        guard let request = view.requests.first(where: { $0.id == id }) else {
            throw ServingError.unknownRequest(id)
        }
        let key = VersionKey(model: request.modelID, version: request.version)
        let version: ServedVersion
        if let loaded = versions[key] {
            version = loaded
        } else {
            version = try await loader.version(key.model, key.version)
            versions[key] = version
        }
        let result = try version.result(request: id, input: request.input)
        results[id] = result
        return result
    }
}
