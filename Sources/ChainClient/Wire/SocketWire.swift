import HTTP
import JSON
import Ledger
import Synchronization

/// JSON-RPC over one WebSocket connection, which is made when it is needed, and again when it broke.
///
/// Answers find their questions by id. Notifications of subscriptions go to `notify`.
final class SocketWire: Wire {
    private struct State {
        var socket: WebSocket?
        var isConnecting = false
        var isClosed = false
        /// Those who wait for a connection.
        var arriving: [CheckedContinuation<Result<WebSocket, WireFailure>, Never>] = []
        /// Those who wait for an answer, by the id of their request, or of the first of their batch.
        var asking: [JSON: CheckedContinuation<Result<JSON, WireFailure>, Never>] = [:]
        /// Those who wait for the connection's end.
        var leaving: [CheckedContinuation<Void, Never>] = []
    }

    private let url: String
    private let policy: ClientPolicy
    private let state = Mutex(State())
    private let notify: @Sendable () -> Void

    /// - Parameter notify: hears of every notification.
    init(url: String, policy: ClientPolicy, notify: @escaping @Sendable () -> Void) {
        (self.url, self.policy, self.notify) = (url, policy, notify)
    }

    func exchange(_ body: JSON) async throws(WireFailure) -> JSON {
        let socket = try await connected()
        guard let id = Self.id(of: body) else {
            throw .lasting(ChainError(.invalidRequest, "a request without an id has no answer"))
        }
        let patience = Task {
            guard (try? await Task.sleep(for: .seconds(policy.requestSeconds))) != nil else { return }
            answer(id, .failure(.passing(ChainError(.timedOut, "\(url) was too slow"))))
        }
        defer { patience.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHere = state.withLock { state -> Bool in
                    guard state.socket === socket else { return false }
                    state.asking[id] = continuation
                    return true
                }
                guard isHere else { return continuation.resume(returning: .failure(broken())) }
                socket.send(body.bytes)
                if Task.isCancelled { answer(id, .failure(cancelled())) }
            }
        } onCancel: {
            answer(id, .failure(cancelled()))
        }
        return try result.get()
    }

    /// Returns when the connection that stands now has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                guard state.socket != nil else { return true }
                state.leaving.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Ends the connection for good.
    func close() {
        let socket = state.withLock { state in
            state.isClosed = true
            return state.socket
        }
        socket?.close()
    }

    // MARK: - Connection

    private func connected() async throws(WireFailure) -> WebSocket {
        let result = await withCheckedContinuation { continuation in
            let (ready, starts) = state.withLock { state -> (Result<WebSocket, WireFailure>?, Bool) in
                if state.isClosed { return (.failure(cancelled()), false) }
                if let socket = state.socket { return (.success(socket), false) }
                state.arriving.append(continuation)
                defer { state.isConnecting = true }
                return (nil, !state.isConnecting)
            }
            if let ready { continuation.resume(returning: ready) }
            if starts { Task { await connect() } }
        }
        return try result.get()
    }

    /// Makes the connection and reads from it until it ends.
    private func connect() async {
        var headers = HTTPHeaders()
        for (name, value) in policy.headers { headers.set(name, value) }
        do throws(HTTPError) {
            try await WebSocket.open(url, headers: headers, messageLimit: policy.responseLimit) { socket in
                self.arrive(.success(socket))
                while let message = await socket.receive() { self.take(message) }
            }
            leave(broken())
        } catch {
            switch error.code {
            case .cannotConnect, .broken: arrive(.failure(.passing(ChainError(.unreachable, error.message))))
            case .timedOut: arrive(.failure(.passing(ChainError(.timedOut, error.message))))
            default: arrive(.failure(.lasting(ChainError(.unreachable, error.message))))
            }
        }
    }

    private func arrive(_ result: Result<WebSocket, WireFailure>) {
        let waiting = state.withLock { state in
            state.isConnecting = false
            if case .success(let socket) = result { state.socket = socket }
            defer { state.arriving = [] }
            return state.arriving
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }

    private func leave(_ failure: WireFailure) {
        let (asking, leaving) = state.withLock { state in
            state.socket = nil
            defer { (state.asking, state.leaving) = ([:], []) }
            return (state.asking.values, state.leaving)
        }
        for continuation in asking { continuation.resume(returning: .failure(failure)) }
        for continuation in leaving { continuation.resume() }
    }

    // MARK: - Messages

    private func take(_ message: [UInt8]) {
        guard let json = try? JSON(parsing: message) else {
            // What cannot be read may have been anybody's answer.
            return failAll("\(url) sent something over its WebSocket that is no JSON")
        }
        if json["method"] == "eth_subscription" { return notify() }
        if let id = Self.id(of: json), id != .null { return answer(id, .success(json)) }
        // An error about a request that the endpoint could not even read names no id.
        if let error = json["error"] { failAll("\(url): \(RPCFault(error).message)") }
    }

    private func failAll(_ message: String) {
        let asking = state.withLock { state in
            defer { state.asking = [:] }
            return state.asking.values
        }
        for continuation in asking {
            continuation.resume(returning: .failure(.passing(ChainError(.unreachable, message))))
        }
    }

    private func answer(_ id: JSON, _ result: Result<JSON, WireFailure>) {
        state.withLock { $0.asking.removeValue(forKey: id) }?.resume(returning: result)
    }

    /// The id of a request or answer; of a batch, the least, since answers may come in any order.
    private static func id(of json: JSON) -> JSON? {
        guard case .array(let list) = json else { return json["id"] }
        let ids = list.compactMap { $0["id"]?.intValue }
        return ids.min().map { JSON($0) }
    }

    private func broken() -> WireFailure {
        .passing(ChainError(.unreachable, "the WebSocket connection to \(url) broke"))
    }

    private func cancelled() -> WireFailure { .lasting(ChainError(.timedOut, "the request to \(url) was cancelled")) }
}
