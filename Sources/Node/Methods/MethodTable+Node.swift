import Bytes
import Crypto
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let node: [String: RPCMethod] = [
        "web3_clientVersion": RPCMethod(0) { service, _ in .string(service.configuration.clientVersion) },
        "web3_sha3": RPCMethod(1) { _, parameters in .hash(keccak256(try parameters.bytes(0))) },
        "net_version": RPCMethod(0) { service, _ in .string(String(try service.chain.chainID())) },
        "eth_networkId": RPCMethod(0) { service, _ in .string(String(try service.chain.chainID())) },
        "net_listening": RPCMethod(0) { _, _ in true },
        "net_peerCount": RPCMethod(0) { _, _ in "0x0" },
        "eth_syncing": RPCMethod(0) { _, _ in false },
        "eth_protocolVersion": RPCMethod(0) { _, _ in "0x44" },
        // Whether blocks come by themselves: some clients wait for receipts only where they do.
        "eth_mining": RPCMethod(0) { service, _ in .bool(service.chain.miningMode != .manual) },
        // One sequencer, no miners: the constants that clients expect.
        "eth_hashrate": RPCMethod(0) { _, _ in "0x0" },
        "eth_coinbase": RPCMethod(0) { service, _ in .address(try service.chain.head.header.beneficiary) },
        "rpc_modules": RPCMethod(0) { service, _ in
            var modules: JSONObject = [
                "debug": "1.0", "eth": "1.0", "net": "1.0", "rpc": "1.0", "txpool": "1.0", "web3": "1.0",
            ]
            if service.configuration.developer {
                for name in ["anvil", "evm", "hardhat"] { modules[name] = "1.0" }
            }
            return .object(modules)
        },
    ]
}
