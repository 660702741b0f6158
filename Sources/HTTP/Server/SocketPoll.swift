import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One thread that waits for all upgraded sockets.
///
/// A wait is for one event, once; whoever wants more asks again. Closing is `shutdown`, which wakes the waiter.
final class SocketPoll: Sendable {
    static let shared = SocketPoll()

    private struct Waiter {
        let descriptor: Int32
        let events: Int16
        let continuation: CheckedContinuation<Void, Never>
    }

    private let waiters = Mutex<[Waiter]>([])
    private let wakeRead: Int32
    private let wakeWrite: Int32

    private init() {
        var ends: [Int32] = [0, 0]
        let made = pipe(&ends)
        precondition(made == 0, "no descriptors left for the pipe that wakes the socket thread")
        (wakeRead, wakeWrite) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        BackgroundThread.start { [self] in run() }
    }

    /// Returns when `events` or an error stand on the descriptor.
    func wait(for descriptor: Int32, events: Int16) async {
        await withCheckedContinuation { continuation in
            waiters.withLock {
                $0.append(Waiter(descriptor: descriptor, events: events, continuation: continuation))
            }
            var byte: UInt8 = 1
            _ = write(wakeWrite, &byte, 1)
        }
    }

    private func run() {
        var drain = [UInt8](repeating: 0, count: 256)
        while true {
            let waiting = waiters.withLock { $0 }
            var polled = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
            polled += waiting.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled[0].revents != 0 { _ = read(wakeRead, &drain, drain.count) }
            // New waiters are appended behind those that were polled, and only this thread removes any.
            waiters.withLock { list in
                let added = list[waiting.count...]
                list = zip(waiting, polled.dropFirst()).filter { $0.1.revents == 0 }.map(\.0) + added
            }
            for (waiter, result) in zip(waiting, polled.dropFirst()) where result.revents != 0 {
                waiter.continuation.resume()
            }
        }
    }
}
