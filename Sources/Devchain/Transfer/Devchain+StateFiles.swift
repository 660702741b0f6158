import Bytes
import Crypto
import Ethereum
package import JSON
package import Ledger
import Storage

extension Devchain {
    /// The newest state in the form that anvil writes (`--dump-state`, before it is compressed).
    ///
    /// - Complexity: all accounts and slots are in memory at once; `export` is for large chains.
    package func dumpState() throws(ChainError) -> JSON {
        let head = shared.head
        let view = StateView(store: store, root: head.state)
        var accounts = JSONObject()
        do throws(StorageError) {
            try store.visit(head.state, wrap: { $0 }) { (leaf) throws(StorageError) in
                guard case .account(let account) = leaf else { return }
                var storage = JSONObject()
                try store.visit(account.storage, wrap: { $0 }) { (leaf) throws(StorageError) in
                    guard case .slot(let slot) = leaf else { return }
                    storage[slot.slot.hash.hex0x] = .string(slot.value.hash.hex0x)
                }
                accounts[account.address.hex0x] = [
                    "nonce": JSON(account.nonce), "balance": .string(account.balance.hexQuantity),
                    "code": .string(try view.code(hash: account.codeHash).hex0x), "storage": .object(storage),
                ]
            }
        } catch {
            throw ChainError(error)
        }
        let header = head.block.header
        return [
            "block": [
                "number": .string(U256(header.number).hexQuantity), "beneficiary": .string(header.beneficiary.hex0x),
                "timestamp": .string(U256(header.timestamp).hexQuantity),
                "gas_limit": .string(U256(header.gasLimit).hexQuantity),
                "basefee": .string((header.baseFeePerGas ?? .zero).hexQuantity), "difficulty": "0x0",
                "prevrandao": .string(header.mixHash.hex0x),
            ],
            "accounts": .object(accounts), "best_block_number": .string(U256(header.number).hexQuantity),
            "blocks": [], "transactions": [],
        ]
    }

    /// Puts the accounts of a state that anvil or `dumpState` wrote into this chain; others stay.
    ///
    /// Blocks that the file may hold are not taken over: this chain's own history goes on.
    package func loadState(_ state: JSON) async throws(ChainError) {
        var accounts: [Address: GenesisAccount] = [:]
        do {
            for (name, entry) in try state.object("accounts") {
                let address = try Address(hex: name)
                accounts[address] = try Self.account(entry)
            }
        } catch {
            throw ChainError(
                .invalidRequest, "the state cannot be read: \(error); it must be what anvil or Cairn dumps")
        }
        try await intervene(.accounts(accounts))
        if let stamp = state["block"]?["timestamp"].flatMap(Self.number)?.asUInt64, stamp > time {
            try await setTime(stamp)
        }
    }

    private static func account(_ entry: JSON) throws -> GenesisAccount {
        var account = GenesisAccount(balance: .zero)
        if let balance = entry["balance"] { account.balance = try required(number(balance), "balance") }
        if let nonce = entry["nonce"] { account.nonce = try required(number(nonce)?.asUInt64, "nonce") }
        if let code = entry["code"]?.stringValue { account.code = try [UInt8](hex: code) }
        for (slot, value) in entry["storage"]?.objectValue ?? JSONObject() {
            account.storage[try required(U256(slot), "slot")] = try required(number(value), "value of \(slot)")
        }
        return account
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw ChainError(.invalidRequest, "\(name) is no number") }
        return value
    }

    /// A number, as JSON or as text in any base that is usual.
    private static func number(_ json: JSON) -> U256? {
        if let number = json.uint64Value { return U256(number) }
        return json.stringValue.flatMap { U256($0) }
    }
}
