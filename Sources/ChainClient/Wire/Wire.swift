import JSON
import Ledger

/// How JSON-RPC travels to an endpoint and back.
protocol Wire: Sendable {
    /// Sends a request, or a batch of them, and returns the answer.
    func exchange(_ body: JSON) async throws(WireFailure) -> JSON
}

/// Why no answer came.
enum WireFailure: Error {
    /// May be different in a moment; `after` where the endpoint said in which.
    case passing(ChainError, after: Duration? = nil)
    case lasting(ChainError)
}
