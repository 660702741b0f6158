package import Crypto

/// How a node listens and what it lets its callers do.
package struct NodeConfiguration: Sendable {
    /// Loopback by default.
    package var host = "127.0.0.1"
    /// 0 takes a free port; `Node.port` tells which.
    package var port: UInt16 = 8545
    /// Wallets whose transactions the node signs itself; only on loopback.
    package var accounts: [PrivateKey] = []
    /// Whether `evm_`, `anvil_` and `hardhat_` methods are answered; only on loopback.
    package var developer = false
    /// Web pages that may call, by origin (`https://app.example`); `*` for all. Pages from this machine always may.
    package var allowedOrigins: [String] = []
    /// Names under which the node may be addressed, besides addresses and `localhost`; `*` for all.
    package var allowedHosts: [String] = []
    /// Requests in one batch.
    package var batchLimit = 1000
    /// Bytes of a batch's answer.
    package var responseLimit = 64 << 20
    /// Bytes of one request.
    package var bodyLimit = 16 << 20
    /// Connections at a time; more wait.
    package var connectionLimit = 1024
    /// Seconds after which a filter that nobody asked about is forgotten.
    package var filterSeconds = 300
    /// What `web3_clientVersion` says.
    package var clientVersion = "cairn/0.1.0/swift"

    package init() {}

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
