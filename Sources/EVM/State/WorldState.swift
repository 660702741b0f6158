import Bytes
import Crypto

/// The state during execution: a cache over a `StateReader` whose every change can be undone.
///
/// Accounts and slots lie in arenas and are named by index inside this module; what is warm, touched or created is
/// stamped with the transaction's number, so a new transaction forgets it without walking anything.
///
/// One task uses it at a time.
package final class WorldState {
    /// The tables sit behind a pointer so that no access to them is checked for exclusivity.
    let tables: UnsafeMutablePointer<Tables>
    package private(set) var reader: any StateReader
    package let codes: CodeCache
    /// Keeps alive what account records point to.
    private var heldCodes: [Bytecode] = []
    /// Code that was created here and may not be in the reader.
    private(set) var newCodes: [Hash32: [UInt8]] = [:]
    private let hash: TableHash

    struct Tables {
        var accounts = Arena<AccountRecord>(capacity: 64)
        var accountIndex = HashIndex(capacity: 256)
        var slots = Arena<SlotRecord>(capacity: 128)
        var slotIndex = HashIndex(capacity: 512)
        var transients = Arena<TransientRecord>(capacity: 16)
        var transientIndex = HashIndex(capacity: 64)
        var journal = Arena<JournalEntry>(capacity: 256)
        var touches = Arena<UInt32>(capacity: 64)
        var destructs = Arena<UInt32>(capacity: 16)
        /// The number of the running transaction; 0 before the first.
        var transaction: UInt32 = 1
    }

    package init(reader: any StateReader, codes: CodeCache = CodeCache()) {
        self.reader = reader
        self.codes = codes
        tables = .allocate(capacity: 1)
        tables.initialize(to: Tables())
        hash = TableHash(seed: SystemRandomNumberGenerator())
    }

    deinit {
        tables.pointee.accounts.deallocate()
        tables.pointee.accountIndex.deallocate()
        tables.pointee.slots.deallocate()
        tables.pointee.slotIndex.deallocate()
        tables.pointee.transients.deallocate()
        tables.pointee.transientIndex.deallocate()
        tables.pointee.journal.deallocate()
        tables.pointee.touches.deallocate()
        tables.pointee.destructs.deallocate()
        tables.deallocate()
    }

    /// Forgets everything and reads from `reader`; the arenas keep their size.
    package func reset(reader: any StateReader) {
        self.reader = reader
        tables.pointee.accounts.truncate(to: 0)
        tables.pointee.accountIndex.removeAll()
        tables.pointee.slots.truncate(to: 0)
        tables.pointee.slotIndex.removeAll()
        tables.pointee.transients.truncate(to: 0)
        tables.pointee.transientIndex.removeAll()
        tables.pointee.journal.truncate(to: 0)
        tables.pointee.touches.truncate(to: 0)
        tables.pointee.destructs.truncate(to: 0)
        tables.pointee.transaction = 1
        heldCodes.removeAll(keepingCapacity: true)
        newCodes.removeAll()
    }

    // MARK: - Finding records

    /// The index of an account, read in on first use.
    @inline(__always)
    func index(of address: Address) -> Int {
        let key = hash(address)
        let accounts = tables.pointee.accounts.base
        if let found = tables.pointee.accountIndex.find(key, matches: { accounts[$0].address == address }) {
            return found
        }
        return readAccount(address, key)
    }

    @inline(never)
    private func readAccount(_ address: Address, _ key: UInt64) -> Int {
        let position = tables.pointee.accounts.count
        tables.pointee.accounts.append(AccountRecord(address: address, info: reader.account(address)))
        let accounts = tables.pointee.accounts.base
        tables.pointee.accountIndex.insert(key, position: position) { [hash] in hash(accounts[$0].address) }
        return position
    }

    @inline(__always)
    func record(_ account: Int) -> UnsafeMutablePointer<AccountRecord> { tables.pointee.accounts.base + account }

    /// The index of a slot, read in on first use, with its original value true for the running transaction.
    @inline(__always)
    func slotIndex(_ account: Int, _ slot: U256) -> Int {
        let key = hash(account, slot)
        let slots = tables.pointee.slots.base
        let found = tables.pointee.slotIndex.find(key) { position in
            slots[position].key == slot && slots[position].account == UInt32(truncatingIfNeeded: account)
        }
        guard let position = found else { return readSlot(account, slot, key) }
        let transaction = tables.pointee.transaction
        if slots[position].originalAt != transaction {
            slots[position].originalAt = transaction
            slots[position].original = slots[position].value
        }
        return position
    }

    @inline(never)
    private func readSlot(_ account: Int, _ slot: U256, _ key: UInt64) -> Int {
        let owner = record(account)
        let base = owner.pointee.baseExists ? reader.storage(owner.pointee.address, slot) : .zero
        let value = owner.pointee.storageCleared ? .zero : base
        let position = tables.pointee.slots.count
        tables.pointee.slots.append(
            SlotRecord(
                key: slot, value: value, original: value, base: base, account: UInt32(account),
                next: owner.pointee.firstSlot, originalAt: tables.pointee.transaction))
        owner.pointee.firstSlot = UInt32(position + 1)
        let slots = tables.pointee.slots.base
        tables.pointee.slotIndex.insert(key, position: position) { [hash] in
            hash(Int(slots[$0].account), slots[$0].key)
        }
        return position
    }

    /// The index of a transient slot of the running transaction.
    @inline(__always)
    func transientIndex(_ account: Int, _ slot: U256) -> Int {
        let key = hash(account, slot)
        let records = tables.pointee.transients.base
        let found = tables.pointee.transientIndex.find(key) { position in
            records[position].key == slot && records[position].account == UInt32(truncatingIfNeeded: account)
        }
        let transaction = tables.pointee.transaction
        if let position = found {
            if records[position].at != transaction {
                records[position].at = transaction
                records[position].value = .zero
            }
            return position
        }
        return addTransient(account, slot, key)
    }

    @inline(never)
    private func addTransient(_ account: Int, _ slot: U256, _ key: UInt64) -> Int {
        let position = tables.pointee.transients.count
        tables.pointee.transients.append(
            TransientRecord(key: slot, value: .zero, account: UInt32(account), at: tables.pointee.transaction))
        let records = tables.pointee.transients.base
        tables.pointee.transientIndex.insert(key, position: position) { [hash] in
            hash(Int(records[$0].account), records[$0].key)
        }
        return position
    }

    // MARK: - Code

    /// The code of an account, kept alive by this state.
    func bytecode(_ account: Int) -> Bytecode {
        if let code = record(account).pointee.code { return code.takeUnretainedValue() }
        let hash = record(account).pointee.codeHash
        let code: Bytecode
        if hash == AccountInfo.emptyCodeHash {
            code = .empty
        } else if let own = newCodes[hash] {
            code = codes.bytecode(hash) { own }
        } else {
            code = codes.bytecode(hash) { reader.code(hash) }
        }
        heldCodes.append(code)
        record(account).pointee.code = Unmanaged.passUnretained(code)
        return code
    }

    /// Remembers bytes as code and returns their hash.
    func keep(code bytes: [UInt8]) -> Hash32 {
        if bytes.isEmpty { return AccountInfo.emptyCodeHash }
        let hash = keccak256(bytes)
        newCodes[hash] = bytes
        return hash
    }
}
