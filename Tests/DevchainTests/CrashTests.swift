import Bytes
import Crypto
import Ledger
import Storage
import Testing

import Devchain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(.serialized) struct CrashTests {
    /// How often the process is killed; set `CAIRN_CRASHES` for more.
    private static let rounds = getenv("CAIRN_CRASHES").flatMap { Int(String(cString: $0)) } ?? 12

    @Test func nothingWhoseReceiptWasSeenIsLostWhenTheProcessIsKilled() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/chain.sqlite"
        let seen = try await LoadProcess.killed(
            times: Self.rounds, "run", path, saying: "seen", after: 30...330, seed: 20
        ) { round, seen in
            // Verifying executes everything again; at the end and now and then is enough.
            if round % 6 == 5 || round == Self.rounds - 1 {
                #expect(try Devchain.verify(path: path).fault == nil, "round \(round)")
            }
            let database = try Database(path: path, access: .read)
            var select = try database.prepare("SELECT count(*) FROM transactions JOIN receipts USING(id) WHERE hash=?")
            for hash in seen {
                try select.bind(1, hash)
                _ = try select.step()
                let count = select.int64(0)
                #expect(count == 1, "round \(round) lost \(hash)")
                select.reset()
            }
        }
        guard let seen else { return }
        print("killed \(Self.rounds) times; \(seen.count) receipts were seen, none is lost")
        #expect(seen.count > Self.rounds)
    }
}
