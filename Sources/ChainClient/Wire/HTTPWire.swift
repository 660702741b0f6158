import HTTP
import JSON
import Ledger

/// JSON-RPC by HTTP POST.
struct HTTPWire: Wire {
    let url: String
    let policy: ClientPolicy
    private let http = HTTPClient()

    init(url: String, policy: ClientPolicy) { (self.url, self.policy) = (url, policy) }

    func exchange(_ body: JSON) async throws(WireFailure) -> JSON {
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
            case .tooLarge: throw .lasting(ChainError(.unreachable, code: ChainClient.tooLarge, error.message))
            default: throw .lasting(ChainError(.unreachable, error.message))
            }
        }
        switch response.status {
        case 200..<300: break
        case 429:
            throw .passing(failure(response), after: HTTPWire.patience(response))
        case 500, 502, 503, 504:
            // Some nodes put a JSON-RPC error into a 5xx answer; it says more than the status.
            if let json = try? JSON(parsing: response.body), json["error"] != nil { return json }
            throw .passing(failure(response), after: HTTPWire.patience(response))
        case 413: throw .lasting(failure(response))
        default:
            if let json = try? JSON(parsing: response.body), json["error"] != nil { return json }
            var error = failure(response)
            error.message += ": is it a JSON-RPC endpoint?"
            throw .lasting(error)
        }
        do { return try JSON(parsing: response.body) } catch {
            if HTTPWire.isPassing(response) { throw .passing(failure(response), after: HTTPWire.patience(response)) }
            throw .lasting(
                ChainError(
                    .unreachable,
                    "\(url) did not answer with JSON\(HTTPWire.excerpt(response)): is it a JSON-RPC endpoint?"))
        }
    }

    /// The status as an error; it is also the error's code.
    private func failure(_ response: HTTPClient.Response) -> ChainError {
        ChainError(
            .unreachable, code: response.status,
            "\(url) answered with HTTP status \(response.status)\(HTTPWire.excerpt(response))")
    }

    /// What `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3).
    ///
    /// A date is read against the endpoint's own clock where it shows it: ours may be another.
    private static func patience(_ response: HTTPClient.Response) -> Duration? {
        guard let text = response.headers["Retry-After"] else { return nil }
        if let seconds = UInt32(text) { return .seconds(seconds) }
        guard let date = HTTPDate(text) else { return nil }
        let now = response.headers["Date"].flatMap { HTTPDate($0) } ?? .now
        return .seconds(max(0, date.seconds - now.seconds))
    }

    /// Whether a good status came with something that is no JSON, and may be JSON the next time: an answer that was cut
    /// off, or the words of a proxy in front of the node.
    private static func isPassing(_ response: HTTPClient.Response) -> Bool {
        if response.body.isEmpty || [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(response.body[0]) { return true }
        let text = String(decoding: response.body.prefix(1000), as: UTF8.self).lowercased()
        return [
            "rate limit", "too many", "try again", "overloaded", "temporarily", "timeout", "timed out", "unavailable",
        ]
        .contains(where: text.contains)
    }

    private static func excerpt(_ response: HTTPClient.Response) -> String {
        let text = String(decoding: response.body.prefix(160), as: UTF8.self).filter { !$0.isNewline }
        return text.isEmpty ? "" : " (\(text))"
    }
}
