import Ethereum

/// Runs a role against the world: looks, performs what the role wants, looks again.
///
///     let shell = RoleShell(role: HolderRole(me: me, rows: 312), view: readView, perform: act)
///     let outcome = try await shell.run(on: chain)
///
/// What anybody may do (starting, settling, delivering), several parties may try at once, and all but the first are
/// refused. So a refused action is looked at again: where the role wants something else by now, it goes on. Any other
/// failure throws out of `step` and `run`; nothing is remembered of it, so that running again (in this process or
/// another) looks afresh and goes on.
package actor RoleShell<R: Role> {
    private var role: R
    private let view: @Sendable () async throws -> R.View
    private let perform: @Sendable (R.Action, R.View) async throws -> UInt64
    private let report: @Sendable (R.Action) -> Void
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - role: the state machine.
    ///   - view: reads what the role decides from.
    ///   - perform: carries an action out and returns the block in which it was mined.
    ///   - report: hears of every action that was carried out.
    package init(
        role: R, view: @escaping @Sendable () async throws -> R.View,
        perform: @escaping @Sendable (R.Action, R.View) async throws -> UInt64,
        report: @escaping @Sendable (R.Action) -> Void = { _ in }, clock: any Clock<Duration> = ContinuousClock()
    ) {
        (self.role, self.view, self.perform, self.report) = (role, view, perform, report)
        self.clock = clock
    }

    /// Looks once and performs what the role wants then.
    ///
    /// - Returns: what it wanted; no actions at all where another party had done it first.
    @discardableResult
    package func step() async throws -> Step<R.Action> {
        let seen = try await view()
        let step = role.next(seen)
        guard case .act(let actions) = step else { return step }
        for action in actions {
            do {
                role.done(action, in: try await perform(action, seen))
            } catch let refusal as ChainError where [.reverted, .overtaken].contains(refusal.kind) {
                // What overtook this one is mined with the next blocks, which may take their time.
                let looks = refusal.kind == .overtaken ? 400 : 10
                guard try await isOvertaken(step, looks: looks) else { throw refusal }
                return .act([])
            }
            report(action)
        }
        return step
    }

    /// Whether the world moves on so that the role no longer wants what was refused.
    ///
    /// A node refuses by its pending block, while views show the newest mined one: what another party sent a moment ago
    /// is seen after a little while.
    private func isOvertaken(_ step: Step<R.Action>, looks: Int) async throws -> Bool {
        for look in 0..<looks {
            if look > 0 { try await clock.sleep(for: .milliseconds(300)) }
            if role.next(try await view()) != step { return true }
        }
        return false
    }

    /// Goes on until the role stops or the task is cancelled.
    ///
    /// - Parameter pause: waits for the chain to move or the time to come.
    package func run(pause: @Sendable (UInt64?) async throws -> Void) async throws -> Outcome {
        while true {
            try Task.checkCancellation()
            switch try await step() {
            case .act: continue
            case .wait(let time): try await pause(time)
            case .stop(let outcome): return outcome
            }
        }
    }

    /// Goes on until the role stops, asking the chain for news.
    ///
    /// News are blocks since the one before the look: what happened between look and pause is not missed.
    package func run(on chain: any Chain, every interval: Duration = .milliseconds(250)) async throws -> Outcome {
        while true {
            try Task.checkCancellation()
            let block = try await chain.blockNumber()
            switch try await step() {
            case .act: continue
            case .wait(let time): try await chain.waitForNews(since: block, until: time, every: interval)
            case .stop(let outcome): return outcome
            }
        }
    }
}

extension Chain {
    /// The time that a transaction sent now would be mined at, as far as the node says (seconds since 1970).
    package func nextTimestamp() async throws(ChainError) -> UInt64 {
        let latest = try await header(at: .latest)?.header.timestamp ?? 0
        let pending = try await header(at: .pending)?.header.timestamp ?? 0
        return max(latest, pending)
    }

    /// Returns when there is a block after this one, or when the chain's time reaches `time`.
    ///
    /// - Parameter interval: how often a chain is asked that does not tell of new blocks by itself.
    /// - Throws: `ChainError`, and `CancellationError` where the task is cancelled.
    package func waitForNews(since block: UInt64, until time: UInt64?, every interval: Duration) async throws {
        let watch = watch()
        while try await blockNumber() == block {
            var longest = Duration.seconds(15)
            if let time {
                let now = try await nextTimestamp()
                if now >= time { return }
                longest = min(longest, .seconds(Int64(clamping: time - now)))
            }
            try await watch.wait(interval, atMost: longest)
        }
    }
}
