import Bytes
import Devchain
import JSON
import Ledger

extension MethodTable {
    static let time: [String: RPCMethod] = [
        "evm_increaseTime": RPCMethod(1) { service, parameters in
            guard let seconds = try parameters.timestamp(0) else { throw RPCError.missing(0) }
            let offset = try await service.chain.increaseTime(by: seconds)
            return .integer(Int64(offset))
        },
        "evm_setTime": RPCMethod(1) { service, parameters in
            guard let time = try parameters.timestamp(0) else { throw RPCError.missing(0) }
            // Ganache took milliseconds; no chain is that far in the future.
            let seconds = time > 100_000_000_000 ? time / 1000 : time
            try await service.chain.setTime(seconds)
            return .null
        },
        "evm_setNextBlockTimestamp": RPCMethod(1) { service, parameters in
            guard let seconds = try parameters.timestamp(0) else { throw RPCError.missing(0) }
            try await service.chain.setNextBlockTimestamp(seconds)
            return .null
        },
        "anvil_setBlockTimestampInterval": RPCMethod(1) { service, parameters in
            let seconds = try parameters.read(0, as: UInt64.self)
            try await service.chain.setBlockTimestampInterval(seconds)
            return .null
        },
        "anvil_removeBlockTimestampInterval": RPCMethod(0) { service, _ in
            try await service.chain.setBlockTimestampInterval(nil)
            return true
        },
    ]

    static let stateChanges: [String: RPCMethod] = [
        "hardhat_setBalance": RPCMethod(2) { service, parameters in
            let (address, balance) = (try parameters.read(0, as: Address.self), try parameters.read(1, as: U256.self))
            try await service.chain.setBalance(balance, of: address)
            return true
        },
        "anvil_addBalance": RPCMethod(2) { service, parameters in
            let (address, more) = (try parameters.read(0, as: Address.self), try parameters.read(1, as: U256.self))
            let balance = try service.chain.balance(of: address, at: .latest)
            let (sum, overflow) = balance.addingReportingOverflow(more)
            try await service.chain.setBalance(overflow ? .max : sum, of: address)
            return .null
        },
        "hardhat_setCode": RPCMethod(2) { service, parameters in
            let (address, code) = (try parameters.read(0, as: Address.self), try parameters.bytes(1))
            try await service.chain.setCode(code, of: address)
            return true
        },
        "hardhat_setNonce": RPCMethod(2) { service, parameters in
            let (address, nonce) = (try parameters.read(0, as: Address.self), try parameters.read(1, as: UInt64.self))
            try await service.chain.setNonce(nonce, of: address)
            return true
        },
        "hardhat_setStorageAt": RPCMethod(3) { service, parameters in
            let (address, slot) = (try parameters.read(0, as: Address.self), try parameters.slot(1))
            let value = try parameters.read(2, as: Hash32.self)
            try await service.chain.setStorage(U256(value), of: address, slot: slot.number)
            return true
        },
        "hardhat_setCoinbase": RPCMethod(1) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            try await service.chain.setCoinbase(address)
            return true
        },
        "hardhat_setChainId": RPCMethod(1) { service, parameters in
            let id = try parameters.read(0, as: UInt64.self)
            try await service.chain.setChainID(id)
            return .null
        },
        "hardhat_setNextBlockBaseFeePerGas": RPCMethod(1) { service, parameters in
            let fee = try parameters.read(0, as: U256.self)
            try await service.chain.setNextBlockBaseFeePerGas(fee)
            return true
        },
        "hardhat_setMinGasPrice": RPCMethod(1) { service, parameters in
            let price = try parameters.read(0, as: U256.self)
            try await service.chain.setMinimumTip(price)
            return true
        },
        "anvil_setNextBlockPrevRandao": RPCMethod(1) { service, parameters in
            let value = try parameters.read(0, as: Hash32.self)
            try await service.chain.setNextPrevRandao(value)
            return true
        },
        "hardhat_impersonateAccount": RPCMethod(1) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            try await service.chain.impersonate(address)
            return true
        },
        "hardhat_stopImpersonatingAccount": RPCMethod(1) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            try await service.chain.stopImpersonating(address)
            return true
        },
        "anvil_autoImpersonateAccount": RPCMethod(1) { service, parameters in
            let isOn = try parameters.read(0, as: Bool.self)
            try await service.chain.setAutoImpersonate(isOn)
            return true
        },
    ]
}
