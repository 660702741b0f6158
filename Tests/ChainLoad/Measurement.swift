import Bytes
import Crypto
import Devchain
import Ethereum
import Ledger

/// Measures an embedded chain from inside the process, without HTTP.
struct Measurement {
    private let workload: Workload
    private let count: Int
    private let clock = ContinuousClock()

    init(path: String, count: Int) throws {
        workload = try Workload(path: path)
        self.count = count
    }

    func run() async throws {
        try await latency()
        try await burst()
        try calls()
        try await heights()
    }

    /// Sends one after the other; each is on the disk when the next is sent.
    private func latency() async throws {
        let key = workload.keys[0]
        let first = try workload.chain.nonce(of: key.address, at: .latest)
        let signed = (0..<UInt64(count)).map {
            Workload.transaction(nonce: first + $0, to: Workload.counter).signed(by: key).encoded
        }
        var times: [Duration] = []
        let start = clock.now
        for raw in signed {
            let begin = clock.now
            let hash = try await workload.chain.send(raw: raw)
            guard try workload.chain.receipt(of: hash) != nil else {
                throw ChainError(.notFound, "no receipt of \(hash)")
            }
            times.append(clock.now - begin)
        }
        times.sort()
        report("one by one", count, clock.now - start)
        print("  send to receipt: p50 \(times[count / 2]), p99 \(times[count * 99 / 100]), max \(times[count - 1])")
    }

    /// Sends everything at once from eight tasks for each of the wallets.
    private func burst() async throws {
        var raws: [[UInt8]] = []
        for key in workload.keys {
            let first = try workload.chain.nonce(of: key.address, at: .latest)
            raws += (0..<UInt64(count)).map {
                Workload.transaction(nonce: first + $0, to: Workload.counter).signed(by: key).encoded
            }
        }
        let chain = workload.chain
        let firstBlock = try chain.blockNumber()
        let start = clock.now
        let work = raws
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<32 {
                group.addTask {
                    for index in stride(from: lane, to: work.count, by: 32) {
                        _ = try? await chain.send(raw: work[index])
                    }
                }
            }
        }
        report("burst", raws.count, clock.now - start)
        print("  blocks: \(try chain.blockNumber() - firstBlock)")
    }

    private func calls() throws {
        let start = clock.now
        for _ in 0..<count { _ = try workload.chain.call(CallMessage(to: Workload.counter), at: .latest) }
        report("calls", count, clock.now - start)
    }

    /// The time of an empty block as the chain grows.
    private func heights() async throws {
        for _ in 0..<5 {
            let start = clock.now
            try await workload.chain.mine(blocks: UInt64(count))
            report("empty blocks up to \(try workload.chain.blockNumber())", count, clock.now - start)
        }
    }

    private func report(_ name: String, _ count: Int, _ time: Duration) {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        let perSecond = Double(count) / seconds
        print("\(name): \(count) in \(time), \(Int(perSecond)) a second, \(Int(1e6 / perSecond)) microseconds each")
    }
}
