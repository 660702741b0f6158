import Bytes
import Devchain
import JSON
import Ledger

extension MethodTable {
    static let execution: [String: RPCMethod] = [
        "eth_call": RPCMethod(4) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let block = try parameters.block(1)
            let overrides = try parameters.overrides(accounts: 2, block: 3)
            return .data(
                try service.chain.call(arguments.message, at: block, overrides: overrides))
        },
        "eth_estimateGas": RPCMethod(4, isLong: true) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let block = try parameters.block(1)
            let overrides = try parameters.overrides(accounts: 2, block: 3)
            return .quantity(
                try service.chain.estimateGas(arguments.message, at: block, overrides: overrides))
        },
        "eth_createAccessList": RPCMethod(3, isLong: true) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let block = try parameters.block(1)
            let outcome = try service.chain.createAccessList(arguments.message, at: block)
            var answer: JSONObject = [
                "accessList": .accessList(outcome.entries), "gasUsed": .quantity(outcome.gasUsed),
            ]
            if let error = outcome.error { answer["error"] = .string(error) }
            return .object(answer)
        },
    ]
}

extension Parameters {
    /// State and block overrides, each at its place or absent.
    func overrides(accounts: Int, block: Int) throws -> CallOverrides {
        var overrides = CallOverrides()
        if let json = self[accounts] {
            do { overrides.accounts = try AccountOverride.all(in: json) } catch {
                throw RPCError.invalid(accounts, error.message)
            }
        }
        overrides.block = try optional(block) ?? BlockOverrides()
        return overrides
    }
}

extension AccountOverride: WireReadable {
    /// The state overrides of a call, by address.
    static func all(in json: JSON) throws(WireError) -> [Address: AccountOverride] {
        guard case .object(let object) = json else {
            throw .cannotUnmarshal(json.goKind, into: "override.StateOverride")
        }
        var accounts: [Address: AccountOverride] = [:]
        for (name, value) in object {
            let address = try Address(wire: .string(name))
            let account = try AccountOverride(wire: value)
            guard account.state == nil || account.stateDiff.isEmpty else {
                throw WireError("account \(address) has both 'state' and 'stateDiff'")
            }
            accounts[address] = account
        }
        return accounts
    }

    init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        self.init()
        balance = try object.optional("balance")
        nonce = try object.optional("nonce")
        code = try object.optional("code", as: WireBytes.self)?.bytes
        state = try object.optional("state", as: WireSlots.self)?.slots
        stateDiff = try object.optional("stateDiff", as: WireSlots.self)?.slots ?? [:]
    }
}

/// Storage slots and their values.
struct WireSlots: WireReadable {
    var slots: [U256: U256] = [:]

    init(wire json: JSON) throws(WireError) {
        guard case .object(let object) = json else {
            throw .cannotUnmarshal(json.goKind, into: "map[common.Hash]common.Hash")
        }
        for (key, value) in object { slots[U256(try Hash32(wire: .string(key)))] = U256(try Hash32(wire: value)) }
    }
}

extension BlockOverrides: WireReadable {
    init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        self.init()
        number = try object.optional("number")
        timestamp = try object.first(of: "time", "timestamp")
        gasLimit = try object.optional("gasLimit")
        coinbase = try object.first(of: "feeRecipient", "coinbase")
        prevRandao = try object.first(of: "prevRandao", "random")
        baseFee = try object.first(of: "baseFeePerGas", "baseFee")
    }
}
