import HTTP
import JSON
import Ledger
import Synchronization

/// JSON-RPC over HTTP with retries: for requests that may be sent twice, which all of `ChainClient`'s may.
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
    private let http = HTTPClient()
    private let nextID = Atomic<Int>(1)
    /// Set once an endpoint has shown that it does not take batches.
    private let refusesBatches = Atomic<Bool>(false)

    init(url: String, policy: ClientPolicy, clock: any Clock<Duration>) {
        (self.url, self.policy, self.clock) = (url, policy, clock)
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
        return try await retrying { () async throws(Failure) -> Answer in
            let answer = RPCTransport.answer(try await self.post(body))
            if case .failure(let fault) = answer, fault.isPassing { throw .passing(fault.chainError) }
            return answer
        }
    }

    /// Several calls in one request, or one after another where the endpoint wants it so.
    func all(_ calls: [Call]) async throws(ChainError) -> [Answer] {
        if calls.count > 1, !refusesBatches.load(ordering: .relaxed) {
            let bodies = calls.map(request)
            let ids = bodies.map { $0["id"] ?? .null }
            let answer = try await retrying { () async throws(Failure) -> JSON in try await self.post(.array(bodies)) }
            if case .array(let list) = answer {
                var byID: [JSON: JSON] = [:]
                for entry in list { byID[entry["id"] ?? .null] = entry }
                let found = ids.compactMap { byID[$0] }
                if found.count == calls.count { return found.map(RPCTransport.answer) }
            }
            refusesBatches.store(true, ordering: .relaxed)
        }
        var answers: [Answer] = []
        for call in calls { answers.append(try await one(call)) }
        return answers
    }

    private func request(_ call: Call) -> JSON {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        return ["jsonrpc": "2.0", "id": JSON(id), "method": .string(call.method), "params": .array(call.parameters)]
    }

    private static func answer(_ json: JSON) -> Answer {
        if let error = json["error"], error != .null { return .failure(RPCFault(error)) }
        return .success(json["result"] ?? .null)
    }

    // MARK: - Attempts

    private enum Failure: Error {
        /// May be different in a moment.
        case passing(ChainError)
        case lasting(ChainError)
    }

    private func retrying<Value: Sendable>(
        _ attempt: () async throws(Failure) -> Value
    ) async throws(ChainError) -> Value {
        var pause = policy.firstPause
        for number in 1... {
            do throws(Failure) {
                return try await attempt()
            } catch {
                switch error {
                case .lasting(let error): throw error
                case .passing(var error):
                    guard number < policy.attempts else {
                        error.message += " (after \(number) attempts)"
                        throw error
                    }
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

    private func post(_ body: JSON) async throws(Failure) -> JSON {
        var request = HTTPClient.Request(
            method: "POST", url: url, headers: ["Content-Type": "application/json"], body: body.bytes)
        for (name, value) in policy.headers { request.headers.set(name, value) }
        request.totalSeconds = policy.requestSeconds
        request.responseLimit = policy.responseLimit
        let response: HTTPClient.Response
        do throws(HTTPError) { response = try await http.send(request) } catch {
            switch error.code {
            case .timedOut: throw .passing(ChainError(.timedOut, error.message))
            case .cannotConnect, .broken: throw .passing(ChainError(.unreachable, error.message))
            case .cancelled: throw .lasting(ChainError(.timedOut, error.message))
            default: throw .lasting(ChainError(.unreachable, error.message))
            }
        }
        switch response.status {
        case 200..<300: break
        case 429, 500, 502, 503, 504:
            // Some nodes put a JSON-RPC error into a 5xx answer; it says more than the status.
            if let json = try? JSON(parsing: response.body), json["error"] != nil { return json }
            throw .passing(
                ChainError(
                    .unreachable, "\(url) answered with HTTP status \(response.status)\(RPCTransport.excerpt(response))"
                ))
        default:
            if let json = try? JSON(parsing: response.body), json["error"] != nil { return json }
            throw .lasting(
                ChainError(
                    .unreachable,
                    "\(url) answered with HTTP status \(response.status)\(RPCTransport.excerpt(response)): is it a "
                        + "JSON-RPC endpoint?"))
        }
        do { return try JSON(parsing: response.body) } catch {
            throw .lasting(
                ChainError(
                    .unreachable,
                    "\(url) did not answer with JSON\(RPCTransport.excerpt(response)): is it a JSON-RPC endpoint?"))
        }
    }

    private static func excerpt(_ response: HTTPClient.Response) -> String {
        let text = String(decoding: response.body.prefix(160), as: UTF8.self).filter { !$0.isNewline }
        return text.isEmpty ? "" : " (\(text))"
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
