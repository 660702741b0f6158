package import Bytes
package import Ledger

/// What a model server does, as a pure value: it answers every open request that admits it.
package struct ServerRole: Role {
    /// All that a server decides from, read at one block.
    package struct View: Hashable, Sendable {
        package var block: UInt64
        package var now: UInt64
        package var registered: Bool
        /// Requests that are not decided, oldest first.
        package var requests: [RequestView]
        /// A transaction of this account is handed in and not mined yet.
        package var transactionWaits: Bool

        package init(
            block: UInt64, now: UInt64, registered: Bool, requests: [RequestView], transactionWaits: Bool
        ) {
            (self.block, self.now, self.registered) = (block, now, registered)
            (self.requests, self.transactionWaits) = (requests, transactionWaits)
        }
    }

    package enum Action: Hashable, Sendable {
        /// Register as a server, with stake.
        case register
        /// Compute the answer and commit to it.
        case commit(request: UInt64)
        /// Show the answer and the salt of its commitment.
        case reveal(request: UInt64)
        /// Let the contract decide the result; anybody may.
        case deliver(request: UInt64)
    }

    private let me: Address
    private let models: Set<Hash32>
    private var horizon = Horizon()

    /// - Parameters:
    ///   - me: the server's account.
    ///   - models: the models it answers for; empty means all.
    package init(me: Address, models: Set<Hash32>) { (self.me, self.models) = (me, models) }

    package mutating func done(_ action: Action, in block: UInt64) { horizon.reach(block) }

    package mutating func next(_ view: View) -> Step<Action> {
        guard horizon.isShown(by: view.block), !view.transactionWaits else { return .wait(until: nil) }
        guard view.registered else { return .act([.register]) }
        var soonest: UInt64?
        for request in view.requests where request.status == .open && serves(request) {
            switch next(request, now: view.now) {
            case .act(let action): return .act([action])
            case .wait(let time): soonest = min(soonest ?? time, time)
            case .nothing: continue
            }
        }
        return .wait(until: soonest)
    }

    private enum Wish {
        case act(Action)
        case wait(UInt64)
        case nothing
    }

    private func next(_ request: RequestView, now: UInt64) -> Wish {
        if request.decidable(at: now) {
            return request.answers.isEmpty ? .nothing : .act(.deliver(request: request.id))
        }
        if let answer = request.answer(of: me) {
            if answer.revealed { return .wait(request.revealDeadline + 1) }
            let time = request.revealing(at: now)
            return time ? .act(.reveal(request: request.id)) : .wait(request.commitDeadline + 1)
        }
        let late = now > request.commitDeadline || request.answers.count >= request.wanted
        return late ? .nothing : .act(.commit(request: request.id))
    }

    private func serves(_ request: RequestView) -> Bool {
        (models.isEmpty || models.contains(request.modelID))
            && (request.allowed.isEmpty || request.allowed.contains(me))
    }
}

extension ServerRole.Action: CustomStringConvertible {
    /// What was done, for whoever watches.
    package var description: String {
        switch self {
        case .register: "registered as a server"
        case .commit(let request): "request \(request): computed and committed"
        case .reveal(let request): "request \(request): showed the answer"
        case .deliver(let request): "request \(request): asked for delivery"
        }
    }
}
