import HTTP

/// Who asks: what their connection has cost lately decides where their requests run.
struct RPCCaller: Sendable {
    /// The WebSocket that the request came over, which subscriptions need.
    let session: WebSocketSession?
    /// Where requests that may take long run.
    let lane: WorkLane.Caller

    var load: ConnectionLoad { lane.load }
}

/// Decides which requests run at once on the server's threads.
///
/// A call that is done within a millisecond costs its connection nothing. One that took longer is charged, and until
/// that has flowed off its connection's calls stand in line (`WorkLane`). When such calls come over ever new connections,
/// those without a history stand in line, too.
struct InlineRule: Sendable {
    /// Nanoseconds that one connection may owe.
    private static let credit: UInt64 = 20_000_000
    /// Nanoseconds that all may owe before new connections must wait.
    private static let commonCredit: UInt64 = 200_000_000
    /// Requests after which a connection has a history.
    private static let history = 16

    private let all = ConnectionLoad()

    func admits(_ load: ConnectionLoad) -> Bool {
        load.recent < Self.credit && (load.served >= Self.history || all.recent < Self.commonCredit)
    }

    func charge(_ load: ConnectionLoad, _ elapsed: Duration) {
        let (seconds, attoseconds) = elapsed.components
        let nanoseconds = UInt64(clamping: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        let cost = load.charge(beyondFree: nanoseconds)
        if cost > 0 { all.charge(cost) }
    }
}
