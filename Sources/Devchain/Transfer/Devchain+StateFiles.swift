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
        let head = try settledHead()
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
        return [
            "block": StateFile.block(head.block.header), "accounts": .object(accounts),
            "best_block_number": JSON(head.number), "blocks": [], "transactions": [],
        ]
    }

    /// Writes the newest state into a file that anvil's `--load-state` and `loadState(from:)` read, in fixed memory.
    ///
    /// - Parameter progress: told after every account how many are written.
    package func dumpState(to path: String, progress: (Int) -> Void = { _ in }) throws(ChainError) {
        let head = try settledHead()
        do throws(StorageError) { try StateFile.write(head, of: store, to: path, progress: progress) } catch {
            throw ChainError(error)
        }
    }

    /// The same of a stored chain, which may be running.
    package static func exportState(path: String, to target: String, progress: (Int) -> Void = { _ in })
        throws(ChainError)
    {
        do throws(StorageError) {
            let store = try ChainStore(path: path, readOnly: true)
            try StateFile.write(try store.storedHead(), of: store, to: target, progress: progress)
        } catch {
            throw ChainError(error)
        }
    }

    /// Puts the accounts of a state file of anvil or `dumpState` into this chain, in fixed memory; others stay.
    ///
    /// It comes in pieces, and all is durable when this returns. A file that turns out to be damaged leaves the pieces before the
    /// damage; loading the right file puts its accounts in their place.
    ///
    /// - Parameter progress: told after every piece how many accounts are there.
    /// - Returns: how many accounts the file held.
    @discardableResult
    package func loadState(from path: String, progress: @escaping @Sendable (Int) -> Void = { _ in })
        async throws(ChainError)
        -> Int
    {
        let (count, timestamp) = try await perform { (sequencer) throws(ChainError) -> (Int, UInt64?) in
            do throws(StorageError) {
                var reader = try StateFileReader(path: path)
                var given = 0
                try reader.read { (change) throws(StorageError) in
                    if case .accounts(let accounts) = change { given += accounts.count }
                    do throws(ChainError) { try sequencer.intervene(change) } catch {
                        throw StorageError(.corrupt, error.message)
                    }
                    progress(given)
                }
                return (reader.accountCount, reader.timestamp)
            } catch {
                throw ChainError(.invalidRequest, "the state cannot be loaded: \(error.message)")
            }
        }
        if let timestamp, timestamp > time { try await setTime(timestamp) }
        return count
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
        if let stamp = state["block"]?["timestamp"].flatMap(StateFileReader.number)?.asUInt64, stamp > time {
            try await setTime(stamp)
        }
    }

    private static func account(_ entry: JSON) throws -> GenesisAccount {
        var account = GenesisAccount(balance: .zero)
        if let balance = entry["balance"] { account.balance = try required(StateFileReader.number(balance), "balance") }
        if let nonce = entry["nonce"] { account.nonce = try required(StateFileReader.number(nonce)?.asUInt64, "nonce") }
        if let code = entry["code"]?.stringValue { account.code = try [UInt8](hex: code) }
        for (slot, value) in entry["storage"]?.objectValue ?? JSONObject() {
            account.storage[try required(U256(slot), "slot")] = try required(
                StateFileReader.number(value), "value of \(slot)")
        }
        return account
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw ChainError(.invalidRequest, "\(name) is no number") }
        return value
    }
}
