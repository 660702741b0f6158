import JSON
import Synchronization
package import Ledger

extension ChainClient {
    /// Wakes by subscription where the endpoint is a WebSocket, by asking again and again where not.
    package func watch() -> any NewsWatch {
        guard let socket else { return PollingWatch() }
        keepSubscribed(socket)
        return BellWatch(bell)
    }

    /// Subscribes to new heads once, and again after every broken connection, for as long as the client lives.
    private func keepSubscribed(_ socket: SocketWire) {
        guard !isSubscribing.exchange(true, ordering: .relaxed) else { return }
        let (transport, bell) = (transport, bell)
        subscription.withLock { $0 = Task { await Self.subscribe(transport, socket, bell) } }
    }

    private static func subscribe(_ transport: RPCTransport, _ socket: SocketWire, _ bell: HeadBell) async {
        let notice = transport.policy.notice
        var pause = transport.policy.firstPause
        while !Task.isCancelled {
            do throws(ChainError) {
                switch try await transport.one(.init("eth_subscribe", "newHeads")) {
                case .failure(let fault):
                    notice("\(transport.url) takes no subscriptions (\(fault.message)); it is asked for news instead")
                    return
                case .success:
                    pause = transport.policy.firstPause
                    bell.ring(isLive: true)
                }
                await socket.ended()
                bell.ring(isLive: false)
                guard !Task.isCancelled else { return }
                notice("the subscription at \(transport.url) broke; it is asked for news until it is there again")
            } catch {
                guard !Task.isCancelled else { return }
                notice("no subscription at \(transport.url): \(error.message)")
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, transport.policy.longestPause)
        }
    }
}
