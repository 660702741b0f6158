/// Where one request stands; a value, so that `Exchange` can keep it under a lock and tests can drive it.
struct ExchangeState {
    private enum Phase {
        case receiving
        /// The handler runs and the connection's thread has not yet looked for its answer.
        case running
        /// The handler runs and the connection is suspended.
        case suspended
        case answered(HTTPResponse)
        case sending
    }

    enum Step {
        case run(HTTPRequest)
        case answer(HTTPResponse)
    }

    var request: HTTPRequest
    let began: UInt64
    /// Why the body is not kept.
    private(set) var refusal: HTTPResponse?
    var discarded = 0
    /// Bytes counted against the server's budget.
    var reserved = 0
    /// Bytes of the answer counted against the server's budget.
    var reservedAnswer = 0
    var streaming: (any Streaming)?
    private var phase = Phase.receiving

    init(request: HTTPRequest, began: UInt64) { (self.request, self.began) = (request, began) }

    /// Whether the connection is suspended, or was and has not yet been told of its answer.
    var isSuspended: Bool {
        switch phase {
        case .suspended, .answered: true
        case .receiving, .running, .sending: false
        }
    }

    /// Whether the body has not come whole after so many nanoseconds.
    func isReceiving(longerThan limit: UInt64) -> Bool {
        if case .receiving = phase { Platform.now - began > limit } else { false }
    }

    mutating func refuse(_ response: HTTPResponse) {
        refusal = response
        request.body = []
    }

    /// What to do when the connection's thread asks for an answer.
    mutating func proceed() -> Step {
        if case .answered(let response) = phase {
            phase = .sending
            return .answer(response)
        }
        if let refusal {
            phase = .sending
            return .answer(refusal)
        }
        phase = .running
        defer { request.body = [] }
        return .run(request)
    }

    /// The answer, if the handler gave it without waiting; otherwise the connection is now suspended.
    mutating func takeAnswer() -> HTTPResponse? {
        if case .answered(let response) = phase {
            phase = .sending
            return response
        }
        phase = .suspended
        return nil
    }

    /// Takes the handler's answer; true where the connection must be resumed. A second answer is dropped.
    mutating func finish(_ response: HTTPResponse) -> Bool {
        switch phase {
        case .running:
            phase = .answered(response)
            return false
        case .suspended:
            phase = .answered(response)
            return true
        case .receiving, .answered, .sending:
            return false
        }
    }
}
