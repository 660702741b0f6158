import JSON
import Testing

@testable import ChainClient

@Suite("How wide a log query may be")
struct LogWidthTests {
    /// Reads so many blocks at an endpoint with a limit; the number of queries that it took.
    private func queries(_ blocks: UInt64, limit: UInt64, hint: UInt64? = nil) -> (asked: Int, refused: Int) {
        var width = LogWidth(10_000)
        var (next, asked, refused) = (UInt64(0), 0, 0)
        while next < blocks {
            let piece = min(width.current, blocks - next)
            asked += 1
            if piece <= limit {
                width.accept(piece)
                next += piece
            } else {
                refused += 1
                let mayDo = width.refuse(piece, asItself: true, hint: hint)
                #expect(mayDo)
            }
        }
        return (asked, refused)
    }

    @Test(
        "it closes in on the limits of known providers and stays there",
        arguments: [500, 800, 1_000, 2_000, 2_048, 9_999, 10_000])
    func limits(limit: UInt64) {
        let (asked, refused) = queries(1_000_000, limit: limit)
        #expect(refused <= 9)
        #expect(asked - refused <= Int(1_000_000 / limit) * 108 / 100 + 9)
    }

    @Test("a limit that the endpoint names costs one refusal")
    func named() {
        let (asked, refused) = queries(1_000_000, limit: 2_000, hint: 2_000)
        #expect(refused == 1)
        #expect(asked == 501)
    }

    @Test("a limit of one block is reached, and refused there for good")
    func least() {
        #expect(queries(50, limit: 1).refused <= 14)
        var width = LogWidth(4)
        let mayDo = [UInt64(4), 2, 1].map { width.refuse($0, asItself: true) }
        #expect(mayDo == [true, true, false])
    }

    @Test("crowded blocks narrow the query there, and it widens again behind them")
    func crowded() {
        var width = LogWidth(10_000)
        for _ in 0..<5 { _ = width.refuse(width.current, asItself: false) }
        #expect(width.current == 312)
        for _ in 0..<6 { width.accept(width.current) }
        #expect(width.current == 10_000)
    }

    @Test("a nonsensical hint is not followed")
    func nonsense() {
        for hint: UInt64 in [0, 10_000, .max] {
            var width = LogWidth(10_000)
            _ = width.refuse(10_000, asItself: true, hint: hint)
            #expect(width.current == 5_000)
        }
    }

    @Test(
        "refusals are read in the words of providers",
        arguments: [
            ("query returned more than 10000 results. Try with this block range [0x0, 0x3e7].", false, 1000),
            (
                "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the "
                    + "response size, or you can request any block range with a cap of 10K logs in the response. Based on your "
                    + "parameters and the response size limit, this block range should work: [0x0, 0x6f5]", false, 1782
            ),
            ("eth_getLogs is limited to a 5,000 range", true, 5000),
            ("exceed maximum block range: 5000", true, 5000),
            ("requested too many blocks from 100 to 10099, maximum is set to 2048", true, 2048),
            ("ranges over 1000 blocks are not supported on freetier", true, 1000),
            ("eth_getLogs and eth_newFilter are limited to a 500 blocks range", true, 500),
            ("Block range is too large", true, nil), ("block range too wide, max range: 800", true, 800),
            ("query timeout exceeded", false, nil),
            ("query exceeds max results 20000, retry with the range 100-2500", false, 2500),
            ("Query returned more than 10000 results", false, nil),
            (
                "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on your "
                    + "parameters, this block range should work: [0x64, 0x6d]. Upgrade to PAYG for expanded block range.",
                true, 10
            ),
            ("exceed maximum block range: 5000", true, 5000),
            ("Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800", true, 800),
            ("eth_getLogs is limited to 0 - 5000 blocks range", true, 5000),
            ("Block range limit exceeded. See more details at https://docs.example", true, nil),
            ("block range is too wide", true, nil), ("Requested range exceeds maximum RPC range limit", true, nil),
            ("eth_getLogs request was canceled due to enabled timeout.", false, nil),
            ("query exceeds max block range 1000", true, 1000),
            ("Maximum allowed number of requested blocks is 9000", true, 9000), ("limit exceeded", false, nil),
        ] as [(String, Bool, UInt64?)])
    func words(message: String, isOfRange: Bool, hint: UInt64?) throws {
        let fault = RPCFault(["code": -32602, "message": .string(message)])
        let refusal = try #require(fault.logRefusal(of: 100...10_099))
        #expect(refusal.isOfRange == isOfRange)
        #expect(refusal.hint == hint)
    }

    @Test(
        "other failures are no refusals of a range",
        arguments: [
            "execution reverted", "header not found", "invalid argument 0: hex string has length 3", "unauthorized",
        ])
    func others(message: String) {
        #expect(RPCFault(["code": -32000, "message": .string(message)]).logRefusal(of: 0...9) == nil)
    }
}
