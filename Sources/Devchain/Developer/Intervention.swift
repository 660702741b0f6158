import Bytes
import Ethereum
import EVM
import Storage

/// A change of the state that no transaction made.
///
/// Each is stored in the order made, so that the chain can be executed again from its genesis with the same outcome.
enum Intervention {
    case balance(Address, U256)
    case nonce(Address, UInt64)
    case code(Address, [UInt8])
    case slot(Address, slot: U256, value: U256)
    /// Many slots of one account; the others stay.
    case slots(Address, [U256: U256])
    /// Accounts put in place of those that are there.
    case accounts([Address: GenesisAccount])
    case chainID(UInt64)

    /// The RLP that `interventions` holds.
    var encoded: [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in
            switch self {
            case .balance(let address, let balance):
                list.append(0 as UInt64)
                list.append(address)
                list.append(balance)
            case .nonce(let address, let nonce):
                list.append(1 as UInt64)
                list.append(address)
                list.append(nonce)
            case .code(let address, let code):
                list.append(2 as UInt64)
                list.append(address)
                list.append(code)
            case .slot(let address, let slot, let value):
                list.append(3 as UInt64)
                list.append(address)
                list.append(slot)
                list.append(value)
            case .accounts(let accounts):
                list.append(4 as UInt64)
                list.append(encoded: GenesisDocument.encode(accounts))
            case .chainID(let id):
                list.append(5 as UInt64)
                list.append(id)
            case .slots(let address, let slots):
                list.append(6 as UInt64)
                list.append(address)
                list.list { entries in
                    for (slot, value) in slots.sorted(by: { $0.key < $1.key }) {
                        entries.append(slot)
                        entries.append(value)
                    }
                }
            }
        }
        return encoder.bytes
    }

    init(decoding bytes: [UInt8]) throws(RLPError) {
        var outer = RLPReader(bytes)
        var reader = try outer.list()
        let kind = try reader.uint64()
        switch kind {
        case 0: self = .balance(try reader.address(), try reader.u256())
        case 1: self = .nonce(try reader.address(), try reader.uint64())
        case 2: self = .code(try reader.address(), try reader.array())
        case 3: self = .slot(try reader.address(), slot: try reader.u256(), value: try reader.u256())
        case 4: self = .accounts(try GenesisDocument.decode(reader: try reader.list()))
        case 5: self = .chainID(try reader.uint64())
        case 6:
            let address = try reader.address()
            var (entries, slots) = (try reader.list(), [U256: U256]())
            while !entries.isAtEnd {
                let slot = try entries.u256()
                slots[slot] = try entries.u256()
            }
            self = .slots(address, slots)
        default: throw .unknown("a change of kind \(kind)", offset: reader.offset)
        }
        try reader.end()
        try outer.end()
    }

    /// The state that the change leaves.
    func version(on state: TrieReference, store: ChainStore, nextRow: UInt64) throws(StorageError) -> StateVersion {
        try change(on: state, store: store, nextRow: nextRow).version
    }

    /// The state that the change leaves, and what it changed.
    func change(on state: TrieReference, store: ChainStore, nextRow: UInt64)
        throws(StorageError) -> (version: StateVersion, diff: StateDiff)
    {
        let view = StateView(store: store, root: state)
        let world = WorldState(reader: view, codes: CodeCache())
        apply(to: world)
        let diff = world.diff()
        if let failure = view.failure { throw failure }
        return (try StateVersion(applying: diff, to: view, nextRow: nextRow), diff)
    }

    private func apply(to world: WorldState) {
        switch self {
        case .balance(let address, let balance): world.setBalance(balance, of: address)
        case .nonce(let address, let nonce): world.setNonce(nonce, of: address)
        case .code(let address, let code): world.setCode(code, of: address)
        case .slot(let address, let slot, let value): world.setStorage(value, of: address, slot: slot)
        case .slots(let address, let slots):
            for (slot, value) in slots { world.setStorage(value, of: address, slot: slot) }
        case .chainID: break
        case .accounts(let accounts):
            for (address, account) in accounts {
                world.setBalance(account.balance, of: address)
                world.setNonce(account.nonce, of: address)
                world.setCode(account.code, of: address)
                world.clearStorage(of: address)
                for (slot, value) in account.storage { world.setStorage(value, of: address, slot: slot) }
            }
        }
    }
}
