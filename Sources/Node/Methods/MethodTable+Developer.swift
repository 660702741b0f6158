import Bytes
import Compression
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    /// What development tools ask of anvil, Hardhat and Ganache, each under all its names.
    static let developer: [String: RPCMethod] = {
        var methods: [String: RPCMethod] = [:]
        for group in [time, stateChanges, mining, rewriting, unlocking, flatTracing] {
            methods.merge(group) { first, _ in first }
        }
        for (alias, name) in aliases { methods[alias] = methods[name] }
        return methods
    }()

    private static let aliases: [(String, String)] = [
        ("anvil_mine", "hardhat_mine"), ("anvil_setBalance", "hardhat_setBalance"),
        ("tenderly_setBalance", "hardhat_setBalance"), ("anvil_setCode", "hardhat_setCode"),
        ("anvil_setNonce", "hardhat_setNonce"), ("evm_setAccountNonce", "hardhat_setNonce"),
        ("anvil_setStorageAt", "hardhat_setStorageAt"), ("anvil_setCoinbase", "hardhat_setCoinbase"),
        ("anvil_impersonateAccount", "hardhat_impersonateAccount"),
        ("anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"),
        ("hardhat_autoImpersonateAccount", "anvil_autoImpersonateAccount"),
        ("anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas"),
        ("hardhat_setPrevRandao", "anvil_setNextBlockPrevRandao"), ("anvil_setMinGasPrice", "hardhat_setMinGasPrice"),
        ("anvil_dropTransaction", "hardhat_dropTransaction"),
        ("hardhat_dropAllTransactions", "anvil_dropAllTransactions"),
        ("anvil_reset", "hardhat_reset"), ("anvil_snapshot", "evm_snapshot"), ("anvil_revert", "evm_revert"),
        ("anvil_setAutomine", "evm_setAutomine"), ("hardhat_getAutomine", "anvil_getAutomine"),
        ("anvil_setIntervalMining", "evm_setIntervalMining"), ("anvil_increaseTime", "evm_increaseTime"),
        ("anvil_setTime", "evm_setTime"), ("anvil_setNextBlockTimestamp", "evm_setNextBlockTimestamp"),
        ("anvil_setBlockGasLimit", "evm_setBlockGasLimit"), ("hardhat_dumpState", "anvil_dumpState"),
        ("hardhat_loadState", "anvil_loadState"), ("hardhat_metadata", "anvil_metadata"),
        ("anvil_setChainId", "hardhat_setChainId"), ("hardhat_setLoggingEnabled", "anvil_setLoggingEnabled"),
        // Ganache's names.
        ("evm_setAccountBalance", "hardhat_setBalance"), ("evm_setAccountCode", "hardhat_setCode"),
        ("evm_setAccountStorageAt", "hardhat_setStorageAt"), ("evm_removeAccount", "evm_lockUnknownAccount"),
    ]

    private static let mining: [String: RPCMethod] = [
        "evm_mine": RPCMethod(1, .long) { service, parameters in
            _ = try await service.mine(parameters)
            return "0x0"
        },
        "evm_mine_detailed": RPCMethod(1, .long) { service, parameters in
            let mined = try await service.mine(parameters, most: 1000)
            return .array(try mined.map { try service.block(.number($0), full: true) })
        },
        "hardhat_mine": RPCMethod(2, .long) { service, parameters in
            let (blocks, interval) = (
                try parameters.optional(0, as: UInt64.self) ?? 1, try parameters.optional(1, as: UInt64.self)
            )
            guard blocks <= 1_000_000 else { throw RPCError.invalid(0, "at most 1000000 blocks at a time") }
            _ = try await service.chain.mine(blocks: blocks, interval: interval)
            return .null
        },
        "evm_setAutomine": RPCMethod(1) { service, parameters in
            let isOn = try parameters.read(0, as: Bool.self)
            try await service.chain.setMining(isOn ? .automatic : .manual)
            return .null
        },
        "anvil_getAutomine": RPCMethod(0) { service, _ in .bool(service.chain.miningMode == .automatic) },
        "evm_setIntervalMining": RPCMethod(1) { service, parameters in
            let seconds = try parameters.read(0, as: UInt64.self)
            try await service.chain.setMining(seconds == 0 ? .manual : .interval(seconds: seconds))
            return .null
        },
        "anvil_getIntervalMining": RPCMethod(0) { service, _ in
            if case .interval(let seconds) = service.chain.miningMode { JSON(seconds) } else { .null }
        },
        "evm_setBlockGasLimit": RPCMethod(1) { service, parameters in
            let limit = try parameters.read(0, as: UInt64.self)
            try await service.chain.setBlockGasLimit(limit)
            return true
        },
        "miner_start": RPCMethod(1) { service, _ in
            try await service.chain.setMining(.automatic)
            return true
        },
        "miner_stop": RPCMethod(0) { service, _ in
            try await service.chain.setMining(.manual)
            return true
        },
        "evm_snapshot": RPCMethod(0) { service, _ in
            .quantity(try await service.chain.snapshot())
        },
        "evm_revert": RPCMethod(1) { service, parameters in
            let id = try parameters.read(0, as: UInt64.self)
            return .bool(try await service.chain.revert(to: id))
        },
        "hardhat_dropTransaction": RPCMethod(1) { service, parameters in
            let hash = try parameters.read(0, as: Hash32.self)
            return .bool(
                try await service.chain.dropTransaction(hash))
        },
        "anvil_dropAllTransactions": RPCMethod(0) { service, _ in
            try await service.chain.dropAllTransactions()
            return .null
        },
        "anvil_removePoolTransactions": RPCMethod(1) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            try await service.chain.removePoolTransactions(of: address)
            return .null
        },
        "hardhat_reset": RPCMethod(1) { service, parameters in
            if let forking = parameters[0]?["forking"], forking != .null {
                throw RPCError.server("forking another chain is not supported: reset takes no arguments here")
            }
            try await service.chain.reset()
            return true
        },
        "anvil_dumpState": RPCMethod(1, .long) { service, _ in
            .data(Gzip.compress(try service.chain.dumpState().bytes))
        },
        "anvil_loadState": RPCMethod(1, .long) { service, parameters in
            var bytes = try parameters.bytes(0)
            do {
                if Gzip.recognises(bytes) { bytes = try Gzip.decompress(bytes, limit: 4 << 30) }
                try await service.chain.loadState(try JSON(parsing: bytes))
            } catch let error as CompressionError {
                throw RPCError.invalid(0, "the state is not gzip: \(error)")
            } catch let error as JSONError {
                throw RPCError.invalid(0, "the state is not JSON: \(error)")
            }
            return true
        },
        "anvil_nodeInfo": RPCMethod(0) { service, _ in
            let head = try service.chain.head
            let fees = try service.chain.fees()
            return [
                "currentBlockNumber": JSON(head.header.number), "currentBlockTimestamp": JSON(head.header.timestamp),
                "currentBlockHash": .hash(head.hash), "hardFork": .string("\(service.chain.configuration.fork)"),
                "transactionOrder": "fees",
                "environment": [
                    "baseFee": .quantity(fees.baseFeePerGas), "chainId": JSON(try service.chain.chainID()),
                    "gasLimit": .quantity(head.header.gasLimit),
                    "gasPrice": .quantity(fees.baseFeePerGas &+ fees.maxPriorityFeePerGas),
                ],
                "forkConfig": [:],
            ]
        },
        "anvil_metadata": RPCMethod(0) { service, _ in
            let head = try service.chain.head
            return [
                "clientVersion": .string(service.configuration.clientVersion),
                "chainId": JSON(try service.chain.chainID()), "instanceId": .hash(service.instanceID),
                "latestBlockNumber": JSON(head.header.number), "latestBlockHash": .hash(head.hash), "snapshots": [:],
            ]
        },
        "anvil_setLoggingEnabled": RPCMethod(1) { _, _ in .null },
    ]
}

extension Parameters {
    /// Seconds since 1970, plain, quantity or decimal text, or in anvil's object.
    func timestamp(_ index: Int) throws -> UInt64? {
        if let object = self[index]?.objectValue { return try Parameters([object["timestamp"] ?? .null]).optional(0) }
        if let text = self[index]?.stringValue, let number = UInt64(text) { return number }
        return try optional(index)
    }
}
