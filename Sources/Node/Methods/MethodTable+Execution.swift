import Bytes
import Devchain
import Ethereum
package import JSON
import Ledger

extension MethodTable {
    static let execution: [String: RPCMethod] = [
        "eth_call": RPCMethod(4, .measured) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let block = try parameters.block(1)
            let overrides = try parameters.overrides(accounts: 2, block: 3)
            return .data(
                try service.chain.call(arguments.message, at: block, overrides: overrides))
        },
        "eth_estimateGas": RPCMethod(4, .long) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let block = try parameters.block(1)
            let overrides = try parameters.overrides(accounts: 2, block: 3)
            return .quantity(
                try service.chain.estimateGas(arguments.message, at: block, overrides: overrides))
        },
        "eth_createAccessList": RPCMethod(3, .long) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let (block, overrides) = (try parameters.block(1), try parameters.overrides(accounts: 2, block: 3))
            let outcome = try service.chain.createAccessList(arguments.message, at: block, overrides: overrides)
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
    func overrides(accounts: Int, block: Int) throws(RPCError) -> CallOverrides {
        var overrides = CallOverrides()
        do {
            if let json = self[accounts] { try overrides.readAccounts(json) }
        } catch { throw .invalid(accounts, error.message) }
        do {
            if let json = self[block] { try overrides.readBlock(json) }
        } catch { throw .invalid(block, error.message) }
        return overrides
    }
}

extension CallOverrides {
    /// The state overrides of a call, by address.
    mutating func readAccounts(_ json: JSON) throws(WireError) {
        guard case .object(let object) = json else {
            throw .cannotUnmarshal(json.goKind, into: "override.StateOverride")
        }
        for (name, value) in object {
            let address = try Address(wire: .string(name))
            let members = try WireObject(wire: value)
            var account = CallOverrides.Account()
            account.balance = try members.optional("balance")
            account.nonce = try members.optional("nonce")
            account.code = try members.optional("code", as: WireBytes.self)?.bytes
            account.storage = try members.optional("state", as: WireSlots.self)?.slots
            account.changedSlots = try members.optional("stateDiff", as: WireSlots.self)?.slots ?? [:]
            account.precompileTarget = try members.optional("movePrecompileToAddress")
            guard account.storage == nil || account.changedSlots.isEmpty else {
                throw WireError("account \(address) has both 'state' and 'stateDiff'")
            }
            accounts[address] = account
        }
    }

    /// - Parameter isSimulated: whether a whole block is made, which alone has a beacon root and withdrawals.
    mutating func readBlock(_ json: JSON, isSimulated: Bool = false) throws(WireError) {
        let object = try WireObject(wire: json)
        for name in ["beaconRoot", "withdrawals"] where !isSimulated && object.object[name] ?? .null != .null {
            throw WireError("block override \"\(name)\" is not supported for this RPC method")
        }
        parentBeaconRoot = try object.optional("beaconRoot")
        withdrawals = try object.optional("withdrawals", as: WireList<Withdrawal>.self)?.elements
        blobBaseFee = try object.optional("blobBaseFee")
        number = try object.optional("number")
        timestamp = try object.first(of: "time", "timestamp")
        gasLimit = try object.optional("gasLimit")
        coinbase = try object.first(of: "feeRecipient", "coinbase")
        prevRandao = try object.first(of: "prevRandao", "random")
        baseFee = try object.first(of: "baseFeePerGas", "baseFee")
    }
}

extension Withdrawal: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        self.init(
            index: try object.optional("index") ?? 0, validatorIndex: try object.optional("validatorIndex") ?? 0,
            address: try object.optional("address") ?? .zero, amount: try object.optional("amount") ?? 0)
    }
}

/// Storage slots and their values.
struct WireSlots: WireReadable {
    var slots: [U256: U256] = [:]

    package init(wire json: JSON) throws(WireError) {
        guard case .object(let object) = json else {
            throw .cannotUnmarshal(json.goKind, into: "map[common.Hash]common.Hash")
        }
        for (key, value) in object { slots[U256(try Hash32(wire: .string(key)))] = U256(try Hash32(wire: value)) }
    }
}
