package import Bytes
import Crypto
import Ethereum
import JSON
package import Ledger
import Synchronization

/// Any Ethereum node, seen through JSON-RPC over HTTP or WebSocket.
///
///     let chain = ChainClient(url: "http://127.0.0.1:8545")
///     let height = try await chain.blockNumber()
///
/// With a ws or wss address everything goes over one connection, and the node tells of new blocks by itself.
///
/// It asks only what every node answers, sends again what the network lost, and cuts log queries into pieces that
/// its endpoint accepts.
package final class ChainClient: Chain {
    let transport: RPCTransport
    /// Where requests go over a WebSocket; nil where by HTTP.
    let socket: SocketWire?
    let bell = HeadBell()
    let isSubscribing = Atomic<Bool>(false)
    let subscription = Mutex<Task<Void, Never>?>(nil)
    private let knownChainID = Mutex<UInt64?>(nil)
    let logWidth: Mutex<LogWidth>
    /// Set once the endpoint has shown that it does not know `eth_getBlockReceipts`.
    private let lacksBlockReceipts = Atomic<Bool>(false)

    package init(
        url: String, policy: ClientPolicy = ClientPolicy(), clock: any Clock<Duration> = ContinuousClock()
    ) {
        let bell = bell
        let scheme = url.prefix { $0 != ":" }.lowercased()
        socket = ["ws", "wss"].contains(scheme) ? SocketWire(url: url, policy: policy) { bell.ring() } : nil
        transport = RPCTransport(
            url: url, policy: policy, clock: clock, wire: socket ?? HTTPWire(url: url, policy: policy))
        logWidth = Mutex(LogWidth(policy.logRange))
    }

    deinit {
        subscription.withLock { $0?.cancel() }
        socket?.close()
    }

    package var url: String { transport.url }

    package func chainID() async throws(ChainError) -> UInt64 {
        if let known = knownChainID.withLock({ $0 }) { return known }
        let id = try WireReader.uint64(try await transport.call("eth_chainId"), "chain id")
        knownChainID.withLock { $0 = id }
        return id
    }

    package func blockNumber() async throws(ChainError) -> UInt64 {
        try WireReader.uint64(try await transport.call("eth_blockNumber"), "block number")
    }

    package func header(at block: BlockTag) async throws(ChainError) -> BlockHeader? {
        let json = try await read(block, full: false)
        return json == .null ? nil : try WireReader(json, "block").header()
    }

    package func block(at block: BlockTag) async throws(ChainError) -> MinedBlock? {
        let json = try await read(block, full: true)
        return json == .null ? nil : try WireReader(json, "block").block()
    }

    private func read(_ block: BlockTag, full: Bool) async throws(ChainError) -> JSON {
        if case .hash(let hash) = block {
            return try await transport.call("eth_getBlockByHash", .string(hash.hex0x), .bool(full))
        }
        return try await transport.call("eth_getBlockByNumber", .block(block), .bool(full))
    }

    package func balance(of address: Address, at block: BlockTag) async throws(ChainError) -> U256 {
        let json = try await transport.call("eth_getBalance", .string(address.hex0x), .block(block))
        return try WireReader.number(json, "balance")
    }

    package func nonce(of address: Address, at block: BlockTag) async throws(ChainError) -> UInt64 {
        let json = try await transport.call("eth_getTransactionCount", .string(address.hex0x), .block(block))
        return try WireReader.uint64(json, "nonce")
    }

    package func code(of address: Address, at block: BlockTag) async throws(ChainError) -> [UInt8] {
        let json = try await transport.call("eth_getCode", .string(address.hex0x), .block(block))
        return try WireReader.bytes(json, "code")
    }

    package func storage(of address: Address, slot: U256, at block: BlockTag) async throws(ChainError) -> Hash32 {
        let json = try await transport.call(
            "eth_getStorageAt", .string(address.hex0x), .quantity(slot), .block(block))
        let bytes = try WireReader.bytes(json, "storage")
        guard bytes.count <= 32 else {
            throw ChainError(.unreachable, "the node answered \(bytes.count) bytes of storage")
        }
        // Some nodes leave leading zeros out.
        return U256(bigEndian: bytes).hash
    }

    package func call(_ message: CallMessage, at block: BlockTag) async throws(ChainError) -> [UInt8] {
        try WireReader.bytes(try await transport.call("eth_call", .message(message), .block(block)), "call result")
    }

    package func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64 {
        try WireReader.uint64(
            try await transport.call("eth_estimateGas", .message(message), .block(.pending)), "gas estimate")
    }

    package func fees() async throws(ChainError) -> FeeQuote {
        let answers = try await transport.all([
            .init("eth_feeHistory", "0x1", "latest", []), .init("eth_maxPriorityFeePerGas"),
        ])
        let history = try? answers[0].value
        let base: U256
        if let next = history?["baseFeePerGas"]?.arrayValue?.last {
            base = try WireReader.number(next, "base fee")
        } else if let newest = try await header(at: .latest)?.header.baseFeePerGas {
            // The next block's is at most an eighth more (EIP-1559).
            base = newest &+ newest / 8
        } else {
            // A chain without EIP-1559: the price is all tip.
            let price = try WireReader.number(try await transport.call("eth_gasPrice"), "gas price")
            return FeeQuote(baseFeePerGas: .zero, maxPriorityFeePerGas: price)
        }
        if case .success(let tip) = answers[1] {
            return FeeQuote(baseFeePerGas: base, maxPriorityFeePerGas: try WireReader.number(tip, "tip"))
        }
        let price = try WireReader.number(try await transport.call("eth_gasPrice"), "gas price")
        return FeeQuote(baseFeePerGas: base, maxPriorityFeePerGas: price > base ? price - base : .zero)
    }

    /// Hands a transaction in.
    ///
    /// Sent again after a broken connection: the hash tells whether the first attempt had arrived.
    package func send(raw transaction: [UInt8]) async throws(ChainError) -> Hash32 {
        let hash = keccak256(transaction)
        let answer = try await transport.one(.init("eth_sendRawTransaction", .string(transaction.hex0x)))
        guard case .failure(let fault) = answer else { return hash }
        if fault.knowsTransaction { return hash }
        guard fault.isNonceTooLow else { throw fault.chainError }
        // Mined in the meantime, the nonce is "too low" because of this very transaction. Its receipt may come later.
        for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
            let found = try await transport.one(.init(method, .string(hash.hex0x)))
            if case .success(let json) = found, json != .null { return hash }
        }
        var error = fault.chainError
        if !error.message.contains("nonce too low") { error.message = "nonce too low: " + error.message }
        throw error
    }

    package func receipt(of transaction: Hash32) async throws(ChainError) -> MinedReceipt? {
        let json = try await transport.call("eth_getTransactionReceipt", .string(transaction.hex0x))
        return json == .null ? nil : try WireReader(json, "receipt").receipt()
    }

    /// In one request where the node has `eth_getBlockReceipts`, else in batches.
    package func receipts(of block: MinedBlock) async throws(ChainError) -> [MinedReceipt?] {
        guard !block.transactions.isEmpty else { return [] }
        var byHash: [Hash32: MinedReceipt] = [:]
        if !lacksBlockReceipts.load(ordering: .relaxed) {
            switch try await transport.one(.init("eth_getBlockReceipts", .quantity(block.header.number))) {
            case .success(let json):
                for entry in json.arrayValue ?? [] {
                    let receipt = try WireReader(entry, "receipt").receipt()
                    if receipt.blockHash == block.hash { byHash[receipt.transactionHash] = receipt }
                }
            case .failure: lacksBlockReceipts.store(true, ordering: .relaxed)
            }
        }
        let missing = block.transactions.map(\.hash).filter { byHash[$0] == nil }
        let calls = missing.map { RPCTransport.Call("eth_getTransactionReceipt", .string($0.hex0x)) }
        for answer in try await transport.all(calls) {
            let json = try answer.value
            guard json != .null else { continue }
            let receipt = try WireReader(json, "receipt").receipt()
            byHash[receipt.transactionHash] = receipt
        }
        return block.transactions.map { byHash[$0.hash] }
    }

    package func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction? {
        let json = try await transport.call("eth_getTransactionByHash", .string(hash.hex0x))
        let reader = WireReader(json, "transaction")
        guard json != .null, reader.has("blockHash") else { return nil }
        return try reader.transaction(
            blockHash: try reader.hash("blockHash"), blockNumber: try reader.uint64("blockNumber"))
    }
}
