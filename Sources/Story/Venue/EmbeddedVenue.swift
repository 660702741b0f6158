import Bytes
import ChainClient
import Devchain
import Ethereum
import Ledger
import Node
import Storage

/// The embedded chain of this process, served over HTTP meanwhile where a port is given.
struct EmbeddedVenue: Venue {
    private let configuration: StoryConfiguration
    private let genesis: DevchainConfiguration
    private let devchain: Devchain
    private let node: Node?

    /// Makes a new chain; that of an earlier story in the same folder goes, unless that story is still being told.
    init(_ configuration: StoryConfiguration, cast: Cast) throws {
        self.configuration = configuration
        try Self.clear(configuration)
        var genesis = DevchainConfiguration()
        genesis.path = configuration.chainPath
        genesis.seed = cast.root
        for party in cast.all {
            genesis.genesis[party.address] = GenesisAccount(balance: U256(100) &* 1_000_000_000_000_000_000)
        }
        self.genesis = genesis
        devchain = try Devchain(genesis)
        if let port = configuration.port {
            var listening = NodeConfiguration()
            listening.port = port
            node = Node(chain: devchain, configuration: listening)
        } else {
            node = nil
        }
    }

    private static func clear(_ configuration: StoryConfiguration) throws {
        let lock = try FileLock(path: configuration.chainPath + ".lock")
        for path in [configuration.chainPath, configuration.tamperedPath] {
            for suffix in ["", "-wal", "-shm"] where Files.exists(path + suffix) { try Files.remove(path + suffix) }
        }
        _ = consume lock
    }

    var chain: any Chain { devchain }
    var title: String { "one embedded Ethereum chain" }
    var place: String { configuration.chainPath }
    var isShared: Bool { false }

    var outside: (chain: any Chain, way: String) {
        guard let node else { return (devchain, "in this process") }
        return (ChainClient(url: "http://127.0.0.1:\(node.port)"), "over JSON-RPC")
    }

    func open(_ cast: Cast, _ budget: Budget, say: (String) -> Void) async throws {
        try node?.start()
        let endpoint = node.map { ", served at http://127.0.0.1:\($0.port)" } ?? ""
        say("chain \(genesis.chainID), genesis \(short(try devchain.head.hash))\(endpoint)")
        say("\(cast.all.count) wallets with 100 ether each: \(cast.all.map(\.name).joined(separator: ", "))")
    }

    func refill(_ cast: Cast, _ budget: Budget, rounds: Int) async throws {}
    func settle(_ cast: Cast, say: (String) -> Void) async throws {}

    func close() async {
        await node?.stop()
        await devchain.close()
    }

    func check() throws -> (done: String, fault: String?)? {
        let store = try Devchain.verify(path: configuration.chainPath)
        return ("\(store.blocks) blocks executed again", store.fault?.description)
    }

    /// Alters a copy of the chain's file.
    func forge(transaction: Hash32, byte: Int, in block: UInt64) async throws -> Forgery {
        let path = configuration.tamperedPath
        for suffix in ["", "-wal"] where Files.exists(configuration.chainPath + suffix) {
            try Files.write(Files.read(configuration.chainPath + suffix), to: path + suffix)
        }
        _ = try Devchain.tamper(path: path, transaction: transaction, byte: byte)
        let fault = try Devchain.verify(path: path).fault
        var altered = genesis
        altered.path = path
        let copy = try Devchain(altered)
        return Forgery(
            chain: copy, deed: "one bit of a copy is flipped: byte \(byte) of a stored transaction in block \(block)",
            path: path, storeFault: fault?.description, isNamedByStore: fault?.block == block,
            close: { await copy.close() })
    }
}

/// The first digits of a hash, for lines.
func short(_ hash: Hash32) -> String { "\(hash.hex0x.prefix(10))…" }
/// The first digits of an address, for lines.
func short(_ address: Address) -> String { "\(address.hex0x.prefix(8))…" }
