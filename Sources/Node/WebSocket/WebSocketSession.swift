import Bytes
import Crypto
import Devchain
import HTTP
import JSON
import Synchronization

/// One client on a WebSocket: requests and answers, and what it has subscribed to.
final class WebSocketSession: Sendable {
    private struct State {
        /// Told to the client: the answer with their id has been queued.
        var active: [String: Subscription] = [:]
        var fresh: [String: Subscription] = [:]
        var pump: Task<Void, Never>?
    }

    /// Requests of one client that run at a time; further ones wait in its socket.
    private static let requestLimit = 16
    /// Subscriptions of one client.
    private static let subscriptionLimit = 1000
    /// Bytes of a message for which there is always room.
    private static let smallMessage = 64 << 10
    /// Bytes of larger messages that are in work, of all clients together.
    private static let budget = ByteBudget(512 << 20)

    private let dispatcher: RPCDispatcher
    private let socket: WebSocket
    private let load: ConnectionLoad?
    private let state = Mutex(State())

    init(dispatcher: RPCDispatcher, socket: WebSocket, load: ConnectionLoad?) {
        (self.dispatcher, self.socket, self.load) = (dispatcher, socket, load)
    }

    /// Serves the client until it leaves.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            while let message = await socket.receive() {
                if running == WebSocketSession.requestLimit {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { await self.answer(message) }
            }
            group.cancelAll()
        }
        state.withLock { $0.pump }?.cancel()
    }

    private func answer(_ message: [UInt8]) async {
        let answer = await answering(message)
        state.withLock { state in
            // One lock for answer and activation: no news before the id is known, and none lost after it.
            if let answer { socket.send(answer) }
            state.active.merge(state.fresh) { _, new in new }
            state.fresh = [:]
        }
    }

    /// The answer, or a refusal where too many large messages are in work already.
    private func answering(_ message: [UInt8]) async -> [UInt8]? {
        let caller = dispatcher.caller(load, session: self)
        guard message.count > WebSocketSession.smallMessage else {
            return await dispatcher.answer(message, for: caller)
        }
        guard WebSocketSession.budget.reserve(message.count) else { return RPCDispatcher.overloaded }
        defer { WebSocketSession.budget.release(message.count) }
        return await dispatcher.answer(message, for: caller)
    }

    func subscribe(_ parameters: Parameters) throws(RPCError) -> JSON {
        let subscription = try Subscription(parameters)
        if case .logs(let filter) = subscription {
            do { try dispatcher.service.check(filter, isQuery: false) } catch { throw RPCError(of: error) }
        }
        let id = "0x" + SystemRandom.bytes(16).hex
        let isFull = state.withLock { state -> Bool in
            guard state.active.count + state.fresh.count < WebSocketSession.subscriptionLimit else { return true }
            state.fresh[id] = subscription
            if state.pump == nil { state.pump = Task { await self.follow() } }
            return false
        }
        guard !isFull else { throw .server("too many subscriptions on one connection") }
        return .string(id)
    }

    func unsubscribe(_ parameters: Parameters) throws(RPCError) -> JSON {
        let id = try parameters.read(0, as: String.self)
        let found = state.withLock {
            $0.active.removeValue(forKey: id) != nil || $0.fresh.removeValue(forKey: id) != nil
        }
        guard found else { throw .server("subscription not found") }
        return true
    }

    private func follow() async {
        for await event in dispatcher.service.chain.listen([.head, .logs, .pending]) {
            state.withLock { state in
                for (id, subscription) in state.active {
                    for result in subscription.news(of: event) {
                        let news: JSON = [
                            "jsonrpc": "2.0", "method": "eth_subscription",
                            "params": ["subscription": .string(id), "result": result],
                        ]
                        socket.send(news.bytes)
                    }
                }
            }
        }
    }
}
