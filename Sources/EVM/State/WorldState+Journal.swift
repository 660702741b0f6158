import Bytes

// Every change goes through one of these verbs, which note what was before.

extension WorldState {
    /// A point to which `rollback(to:)` can return.
    package func checkpoint() -> Checkpoint {
        Checkpoint(
            journal: tables.pointee.journal.count, touches: tables.pointee.touches.count,
            destructs: tables.pointee.destructs.count)
    }

    /// Undoes everything since `checkpoint`.
    ///
    /// - Complexity: O(changes since then).
    package func rollback(to checkpoint: Checkpoint) {
        var position = tables.pointee.journal.count
        while position > checkpoint.journal {
            position &-= 1
            undo(tables.pointee.journal.base[position])
        }
        tables.pointee.journal.truncate(to: checkpoint.journal)
        tables.pointee.touches.truncate(to: min(checkpoint.touches, tables.pointee.touches.count))
        tables.pointee.destructs.truncate(to: min(checkpoint.destructs, tables.pointee.destructs.count))
    }

    @inline(__always)
    private func undo(_ entry: JournalEntry) {
        let account = tables.pointee.accounts.base + Int(entry.index)
        let low = entry.before.l0
        switch entry.kind {
        case .balance: account.pointee.balance = entry.before
        case .nonce: account.pointee.nonce = low
        case .codeHash:
            account.pointee.codeHash = entry.before.hash
            account.pointee.code = nil
        case .slot: (tables.pointee.slots.base + Int(entry.index)).pointee.value = entry.before
        case .transient: (tables.pointee.transients.base + Int(entry.index)).pointee.value = entry.before
        case .warmAccount: account.pointee.warm = UInt32(truncatingIfNeeded: low)
        case .warmSlot: (tables.pointee.slots.base + Int(entry.index)).pointee.warm = UInt32(truncatingIfNeeded: low)
        case .touched: account.pointee.touched = UInt32(truncatingIfNeeded: low)
        case .created: account.pointee.created = UInt32(truncatingIfNeeded: low)
        case .destructed: account.pointee.destructed = UInt32(truncatingIfNeeded: low)
        case .exists: account.pointee.exists = low != 0
        case .storageCleared: account.pointee.storageCleared = low != 0
        }
    }

    @inline(__always)
    private func note(_ kind: JournalEntry.Kind, _ index: Int, _ before: U256) {
        tables.pointee.journal.append(
            JournalEntry(kind: kind, index: UInt32(truncatingIfNeeded: index), before: before))
    }

    @inline(__always)
    func setBalance(_ account: Int, _ balance: U256) {
        let record = record(account)
        note(.balance, account, record.pointee.balance)
        record.pointee.balance = balance
        record.pointee.dirty = true
    }

    func setNonce(_ account: Int, _ nonce: UInt64) {
        let record = record(account)
        note(.nonce, account, U256(record.pointee.nonce))
        record.pointee.nonce = nonce
        record.pointee.dirty = true
    }

    func setCodeHash(_ account: Int, _ hash: Hash32) {
        let record = record(account)
        note(.codeHash, account, U256(record.pointee.codeHash))
        record.pointee.codeHash = hash
        record.pointee.code = nil
        record.pointee.dirty = true
    }

    @inline(__always)
    func setSlot(_ slot: Int, _ value: U256) {
        let record = tables.pointee.slots.base + slot
        note(.slot, slot, record.pointee.value)
        record.pointee.value = value
        self.record(Int(record.pointee.account)).pointee.dirty = true
    }

    @inline(__always)
    func setTransient(_ slot: Int, _ value: U256) {
        let record = tables.pointee.transients.base + slot
        note(.transient, slot, record.pointee.value)
        record.pointee.value = value
    }

    /// Makes an address warm; true where it was cold.
    @inline(__always)
    func warm(_ account: Int) -> Bool {
        let record = record(account)
        let transaction = tables.pointee.transaction
        if record.pointee.warm == transaction { return false }
        note(.warmAccount, account, U256(UInt64(record.pointee.warm)))
        record.pointee.warm = transaction
        return true
    }

    /// Makes a slot warm; true where it was cold.
    @inline(__always)
    func warmSlot(_ slot: Int) -> Bool {
        let record = tables.pointee.slots.base + slot
        let transaction = tables.pointee.transaction
        if record.pointee.warm == transaction { return false }
        note(.warmSlot, slot, U256(UInt64(record.pointee.warm)))
        record.pointee.warm = transaction
        return true
    }

    /// Lets the account stand in the state and, from Spurious Dragon, be removed at the end if it is empty.
    @inline(__always)
    func touch(_ account: Int) {
        let record = record(account)
        let transaction = tables.pointee.transaction
        if record.pointee.touched != transaction {
            note(.touched, account, U256(UInt64(record.pointee.touched)))
            record.pointee.touched = transaction
            tables.pointee.touches.append(UInt32(truncatingIfNeeded: account))
        }
        if !record.pointee.exists { setExists(account, true) }
    }

    func setExists(_ account: Int, _ exists: Bool) {
        let record = record(account)
        note(.exists, account, U256(record.pointee.exists ? 1 : 0 as UInt64))
        record.pointee.exists = exists
        record.pointee.dirty = true
    }

    func markCreated(_ account: Int) {
        let record = record(account)
        note(.created, account, U256(UInt64(record.pointee.created)))
        record.pointee.created = tables.pointee.transaction
    }

    /// Marks the account for removal at the end of the transaction; false where it was marked already.
    func markDestructed(_ account: Int) -> Bool {
        let record = record(account)
        let transaction = tables.pointee.transaction
        if record.pointee.destructed == transaction { return false }
        note(.destructed, account, U256(UInt64(record.pointee.destructed)))
        record.pointee.destructed = transaction
        tables.pointee.destructs.append(UInt32(truncatingIfNeeded: account))
        return true
    }

    func markStorageCleared(_ account: Int) {
        let record = record(account)
        note(.storageCleared, account, U256(record.pointee.storageCleared ? 1 : 0 as UInt64))
        record.pointee.storageCleared = true
        record.pointee.dirty = true
    }
}
