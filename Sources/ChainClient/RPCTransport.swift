import JSON
import Ledger
import Synchronization

/// JSON-RPC with retries: for requests that may be sent twice, which all of `ChainClient`'s may.
final class RPCTransport: Sendable {
    struct Call: Sendable {
        var method: String
        var parameters: [JSON]

        init(_ method: String, _ parameters: JSON...) { (self.method, self.parameters) = (method, parameters) }
    }

    typealias Answer = Result<JSON, RPCFault>

    let url: String
    let policy: ClientPolicy
    private let clock: any Clock<Duration>
    private let wire: any Wire
    private let nextID = Atomic<Int>(1)
    /// Requests in one batch that the endpoint is known to bear; 1 where it takes none.
    private let batchSize: Atomic<Int>

    init(url: String, policy: ClientPolicy, clock: any Clock<Duration>, wire: any Wire) {
        (self.url, self.policy, self.clock, self.wire) = (url, policy, clock, wire)
        batchSize = Atomic(max(1, policy.batchSize))
    }

    /// One call.
    ///
    /// - Throws: the fault as a `ChainError`, or `.unreachable`, `.timedOut` after the last attempt.
    func call(_ method: String, _ parameters: JSON...) async throws(ChainError) -> JSON {
        var call = Call(method)
        call.parameters = parameters
        return try await one(call).value
    }

    /// One call, its fault undigested.
    func one(_ call: Call) async throws(ChainError) -> Answer {
        let body = request(call)
        return try await retrying { () async throws(WireFailure) -> Answer in
            let answer = RPCTransport.answer(try await self.wire.exchange(body))
            if case .failure(let fault) = answer, fault.isPassing {
                throw .passing(fault.chainError, after: fault.patience)
            }
            return answer
        }
    }

    /// Several calls in as few requests as the endpoint takes: batches of a size that it was seen to accept, or one after
    /// another.
    func all(_ calls: [Call]) async throws(ChainError) -> [Answer] {
        var answers: [Answer] = []
        while answers.count < calls.count {
            let size = batchSize.load(ordering: .relaxed)
            let rest = calls[answers.count...]
            guard size > 1, rest.count > 1 else {
                answers.append(try await one(rest[rest.startIndex]))
                continue
            }
            var (bodies, bytes) = ([JSON](), 0)
            for call in rest.prefix(size) {
                let body = request(call)
                bytes += body.bytes.count
                guard bodies.isEmpty || bytes <= policy.batchBytes else { break }
                bodies.append(body)
            }
            if let found = try await batch(bodies) {
                for (call, answer) in zip(rest, found) {
                    // Within a batch, too, an endpoint may ask for patience.
                    if case .failure(let fault) = answer, fault.isPassing {
                        answers.append(try await one(call))
                    } else {
                        answers.append(answer)
                    }
                }
            } else {
                batchSize.store(max(1, bodies.count / 4), ordering: .relaxed)
            }
        }
        return answers
    }

    /// The answers to a batch in its order; nil where the endpoint does not take it.
    private func batch(_ bodies: [JSON]) async throws(ChainError) -> [Answer]? {
        let answer: JSON
        do throws(ChainError) {
            answer = try await retrying { () async throws(WireFailure) -> JSON in
                let answer = try await self.wire.exchange(.array(bodies))
                if case .object = answer, case .failure(let fault) = Self.answer(answer), fault.isPassing,
                    !fault.refusesBatch
                {
                    throw .passing(fault.chainError, after: fault.patience)
                }
                return answer
            }
        } catch {
            guard [400, 413].contains(error.code) else { throw error }
            return nil
        }
        guard case .array(let list) = answer else { return nil }
        var byID: [String: JSON] = [:]
        for entry in list { byID[Self.key(entry)] = entry }
        let found = bodies.compactMap { byID[Self.key($0)] }
        guard found.count == bodies.count else { return nil }
        let answers = found.map(Self.answer)
        // geth answers what is beyond its limit with an error for each.
        let refused = answers.contains { if case .failure(let fault) = $0 { fault.refusesBatch } else { false } }
        return refused ? nil : answers
    }

    private func request(_ call: Call) -> JSON {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        return ["jsonrpc": "2.0", "id": JSON(id), "method": .string(call.method), "params": .array(call.parameters)]
    }

    /// The id of a request or an answer; some servers give numbers back as text.
    private static func key(_ json: JSON) -> String { json["id"]?.stringValue ?? json["id"]?.text ?? "" }

    private static func answer(_ json: JSON) -> Answer {
        if let error = json["error"], error != .null { return .failure(RPCFault(error)) }
        return .success(json["result"] ?? .null)
    }

    // MARK: - Attempts

    private func retrying<Value: Sendable>(
        _ attempt: () async throws(WireFailure) -> Value
    ) async throws(ChainError) -> Value {
        var pause = policy.firstPause
        for number in 1... {
            do throws(WireFailure) {
                return try await attempt()
            } catch {
                switch error {
                case .lasting(let error): throw error
                case .passing(var error, let wanted):
                    guard number < policy.attempts, wanted ?? .zero <= policy.longestWait else {
                        error.message += " (after \(number) attempts)"
                        throw error
                    }
                    pause = max(pause, wanted ?? .zero)
                }
            }
            // A random part, so that many clients do not come back together.
            let jitter = Duration.nanoseconds(Int64.random(in: 0...(pause.components.attoseconds / 4_000_000_000 + 1)))
            do { try await clock.sleep(for: pause + jitter) } catch {
                throw ChainError(.timedOut, "the request to \(url) was cancelled")
            }
            pause = min(pause * 2, policy.longestPause)
        }
        preconditionFailure("the loop ends by returning or throwing")
    }
}

extension RPCTransport.Answer {
    /// The result, or the fault as a `ChainError`.
    var value: JSON {
        get throws(ChainError) {
            switch self {
            case .success(let json): return json
            case .failure(let fault): throw fault.chainError
            }
        }
    }
}
