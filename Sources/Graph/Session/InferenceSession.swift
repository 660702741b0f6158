import Synchronization
package import Tensor

/// A program that many callers may run at once: each is lent a session of its own for the time of its run, and all read the same
/// weights.
///
/// ```swift
/// let inference = try InferenceSession(Plan(program.freezing(weights)))
/// let y = try inference.withSession { session in
///     try session.write(x, rows)
///     try session.run()
///     return session.tensor(of: y)
/// }
/// ```
///
/// There are never more sessions than callers were at once. A run that finds one idle and gives its outputs to tensors of an earlier
/// run allocates nothing:
///
/// ```swift
/// var outputs: [Tensor] = []
/// for rows in batches { try inference.run([(x, rows)], into: &outputs) }
/// ```
package final class InferenceSession: Sendable {
    /// Sessions that nobody uses. The first holds the weights of all.
    private let idle: Mutex<Idle>

    // A session in here has no other user.
    private struct Idle: @unchecked Sendable {
        let first: Session
        var sessions: [Session]
    }

    package let plan: Plan

    /// - Throws: when the program updates parameters, when it needs more than `memoryLimit` bytes, or when a constant index is out of
    ///   range.
    package init(_ plan: Plan, kernels: Kernels = .shared, memoryLimit: Int = 1 << 34) throws(ProgramError) {
        guard plan.program.updates.isEmpty else {
            throw ProgramError(node: "program", "updates its parameters: it cannot be run by several callers at once")
        }
        self.plan = plan
        let first = try Session(plan, kernels: kernels, memoryLimit: memoryLimit)
        idle = Mutex(Idle(first: first, sessions: [first]))
    }

    /// Calls `body` with a session that is its own until it returns.
    package func withSession<R, E>(_ body: (Session) throws(E) -> R) throws(E) -> R {
        let session = idle.withLock { idle in Lent(idle.sessions.popLast() ?? idle.first.twin()) }
        defer { idle.withLock { $0.sessions.append(session.session) } }
        return try body(session.session)
    }

    /// One run: the inputs are copied in, the program's outputs into tensors whose memory is used again where it fits.
    package func run(_ inputs: [(value: Value, tensor: Tensor)], into outputs: inout [Tensor]) throws(ProgramError) {
        try withSession { (session) throws(ProgramError) in
            for input in inputs { try session.write(input.value, input.tensor) }
            try session.run()
            let results = plan.program.outputs
            if outputs.count != results.count { outputs = results.map { session.tensor(of: $0.value) } }
            for place in results.indices { session.read(results[place].value, into: &outputs[place]) }
        }
    }

    // Taken out of the idle ones, so that only one caller has it.
    private struct Lent: @unchecked Sendable {
        let session: Session
        init(_ session: Session) { self.session = session }
    }
}
