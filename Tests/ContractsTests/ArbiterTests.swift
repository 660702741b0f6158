import Bytes
import Compression
import Contracts
import Crypto
import Ethereum
import Foundation
import Ledger
import Testing

/// The arbiter on the embedded chain's own EVM, against the processor's floating point.
@Suite("Arbiter")
struct ArbiterTests {
    private let rig: (chain: TestChain, arbiter: Arbiter)

    init() async throws {
        let chain = try await TestChain(wallets: 1)
        let receipt = try await chain.senders[0].send(Arbiter.deployment())
        rig = (chain, Arbiter(at: try #require(receipt.contractAddress), on: chain.chain))
    }

    private static let edges: [UInt32] = [
        0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x3f80_0000, 0xbf80_0000, 0x4b80_0000, 0x7f7f_ffff,
        0xff7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000,
    ]

    /// Edges, numbers near one, and any pattern.
    private static func number(_ random: inout PRF) -> UInt32 {
        switch random.uniform(below: 3 as Int) {
        case 0: edges[random.uniform(below: edges.count)]
        case 1: 0x3f00_0000 &+ random.uint32() >> 7 | random.uint32() & 0x8000_0000
        default: random.uint32()
        }
    }

    private static func canonical(_ x: Float) -> UInt32 { x.isNaN ? 0x7fc0_0000 : x.bitPattern }

    @Test("the version is the one that commitments name")
    func version() async throws { #expect(try await rig.arbiter.version() == 1) }

    @Test("fma, + - * / and sqrt are the processor's, bit for bit")
    func scalars() async throws {
        var random = PRF(key: keccak256(utf8: "arbiter"), stream: 1)
        for _ in 0..<150 {
            let (a, b, c) = (Self.number(&random), Self.number(&random), Self.number(&random))
            let (x, y, z) = (Float(bitPattern: a), Float(bitPattern: b), Float(bitPattern: c))
            #expect(try await rig.arbiter.fma(a, b, c) == Self.canonical(z.addingProduct(x, y)))
            #expect(try await rig.arbiter(.add, a, b) == Self.canonical(x + y))
            #expect(try await rig.arbiter(.subtract, a, b) == Self.canonical(x - y))
            #expect(try await rig.arbiter(.multiply, a, b) == Self.canonical(x * y))
            #expect(try await rig.arbiter(.divide, a, b) == Self.canonical(x / y))
            #expect(try await rig.arbiter(.less, a, b) == (x < y ? 1 : 0))
            #expect(try await rig.arbiter(.sqrt, a) == Self.canonical(x.squareRoot()))
        }
    }

    @Test("the larger and the smaller follow the order of bit patterns; any NaN is the one NaN")
    func order() async throws {
        let (minusZero, one, nan): (UInt32, UInt32, UInt32) = (0x8000_0000, 0x3f80_0000, 0x7fc0_0000)
        #expect(try await rig.arbiter(.maximum, minusZero, 0) == 0)
        #expect(try await rig.arbiter(.minimum, 0, minusZero) == minusZero)
        #expect(try await rig.arbiter(.maximum, one, 0xbf80_0000) == one)
        #expect(try await rig.arbiter(.maximum, one, 0xffc0_0001) == nan)
        #expect(try await rig.arbiter(.minimum, nan, one) == nan)
    }

    @Test("integers become the nearest number")
    func integers() async throws {
        for integer: Int64 in [0, 1, -1, 16_777_217, 16_777_219, -16_777_217, 2_147_483_647, -2_147_483_648] {
            #expect(try await rig.arbiter.number(nearestTo: integer) == Float(integer).bitPattern)
        }
    }

    @Test("numbers become the nearest integer, ties to even, within int32")
    func numbers() async throws {
        let near: [(Float, Int32)] = [
            (0.5, 0), (1.5, 2), (2.5, 2), (-2.5, -2), (-3.5, -4), (0.49999997, 0), (0.50000006, 1),
            (8_388_609.5, 8_388_610),
            (16_777_218, 16_777_218), (2_147_483_520, 2_147_483_520), (2_147_483_648, .max), (-2_147_483_648, .min),
            (-.infinity, .min), (.infinity, .max), (.nan, 0), (-0.0, 0), (0x1p-149, 0),
        ]
        for (number, integer) in near {
            #expect(try await rig.arbiter.integer(nearestTo: number.bitPattern) == integer, "\(number)")
        }
    }

    @Test("chains of every length are the processor's", arguments: [0, 1, 7, 8, 9, 100, 256])
    func chains(count: Int) async throws {
        var random = PRF(key: keccak256(utf8: "chain"), stream: UInt64(count))
        let a = (0..<count).map { _ in (random.float() - 0.5).bitPattern }
        let b = (0..<count).map { _ in (random.float() - 0.5).bitPattern }
        let sum = zip(a, b).reduce(Float(0)) { $0.addingProduct(Float(bitPattern: $1.0), Float(bitPattern: $1.1)) }
        #expect(try await rig.arbiter.chain(a, b) == Self.canonical(sum))
    }

    @Test("a chain of 256 links stays below 320,000 gas, its transaction's own apart")
    func chainGas() async throws {
        let numbers = (1...256).map { Float($0).bitPattern }
        let words = Arbiter.words(numbers)
        let call = rig.arbiter.call("chain", [.number(256), .list(words), .list(words)])
        let receipt = try await rig.chain.senders[0].send(call)
        let calldata = call.data.reduce(0) { $0 + ($1 == 0 ? 4 : 16) }
        #expect(receipt.gasUsed - 21_000 - UInt64(calldata) < 320_000)
    }

    @Test("the functions give the published vectors")
    func functions() async throws {
        guard let table = try SharedVectors.table("functions.csv.gz") else { return }
        let columns: [(Arbiter.Unary, String)] = [
            (.exp, "exp"), (.log, "log"), (.tanh, "tanh"), (.erf, "erf"), (.sigmoid, "sigmoid"), (.gelu, "gelu"),
            (.geluTanh, "gelu_tanh"),
        ]
        for (place, row) in table.dropFirst().enumerated() where place % 40 == 0 {
            let x = try #require(UInt32(row[0], radix: 16))
            for (operation, name) in columns {
                let column = try #require(table[0].firstIndex(of: name))
                #expect(try await rig.arbiter(operation, x) == UInt32(row[column], radix: 16), "\(name) \(row[0])")
            }
        }
    }
}

/// The canonical arithmetic's vectors, which do not ship with Cairn.
enum SharedVectors {
    static func table(_ name: String) throws -> [[String]]? {
        let given = ProcessInfo.processInfo.environment["CAIRN_SHARED"]
        let folder = given.map { URL(filePath: $0) } ?? Repository.root().appending(path: "../shared")
        guard let data = try? Data(contentsOf: folder.appending(path: "arithmetic/\(name)")) else {
            print("skipped: arithmetic/\(name) absent (set CAIRN_SHARED)")
            return nil
        }
        let text = String(decoding: try Gzip.decompress(Array(data), limit: 1 << 24), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
    }
}
