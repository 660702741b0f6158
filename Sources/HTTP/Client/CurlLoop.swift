import CCurl
import Synchronization

/// The thread that drives all transfers of one client.
final class CurlLoop: Sendable {
    /// libcurl's own set-up, once in a process.
    static let initialised: Void = {
        _ = Platform.ignoreBrokenPipes
        _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    }()

    private struct Inbox {
        var added: [Transfer] = []
        var cancelled: [Transfer] = []
        var isStopping = false
    }

    private let inbox = Mutex(Inbox())
    private let multi: MultiHandle

    private struct MultiHandle: @unchecked Sendable {
        // `curl_multi_wakeup` may be called from any thread, the rest is called by the loop's thread only.
        let pointer: UnsafeMutableRawPointer
    }

    init() {
        _ = CurlLoop.initialised
        guard let pointer = curl_multi_init() else { fatalError("libcurl has no memory for its first handle") }
        multi = MultiHandle(pointer: pointer)
        cairn_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, 64)
        BackgroundThread.start { [self] in run() }
    }

    func add(_ transfer: Transfer) {
        inbox.withLock { $0.added.append(transfer) }
        curl_multi_wakeup(multi.pointer)
    }

    func cancel(_ transfer: Transfer) {
        inbox.withLock { $0.cancelled.append(transfer) }
        curl_multi_wakeup(multi.pointer)
    }

    /// Ends the thread; its client is gone, so nothing waits any more.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        curl_multi_wakeup(multi.pointer)
    }

    private func run() {
        let multi = multi.pointer
        var active: [UnsafeMutableRawPointer: Transfer] = [:]
        var isStopping = false
        while !isStopping || !active.isEmpty {
            let news = inbox.withLock { inbox in
                defer { inbox = Inbox(isStopping: inbox.isStopping) }
                return inbox
            }
            isStopping = news.isStopping
            for transfer in news.added {
                active[transfer.easy] = transfer
                curl_multi_add_handle(multi, transfer.easy)
            }
            for transfer in news.cancelled where active.removeValue(forKey: transfer.easy) != nil {
                curl_multi_remove_handle(multi, transfer.easy)
                transfer.end(.failure(HTTPError(.cancelled, "the request to \(transfer.request.url) was cancelled")))
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var code = CURLE_OK
            while let easy = cairn_curl_next_finished(multi, &code) {
                curl_multi_remove_handle(multi, easy)
                active.removeValue(forKey: easy)?.end(code)
            }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
        curl_multi_cleanup(multi)
    }
}
