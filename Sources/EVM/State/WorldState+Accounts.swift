package import Bytes

// Reading and writing by address: for transactions, overrides, cheats and tests.

extension WorldState {
    package func account(_ address: Address) -> AccountInfo? {
        let record = record(index(of: address)).pointee
        guard record.exists else { return nil }
        return AccountInfo(nonce: record.nonce, balance: record.balance, codeHash: record.codeHash)
    }

    package func balance(of address: Address) -> U256 { record(index(of: address)).pointee.balance }
    package func nonce(of address: Address) -> UInt64 { record(index(of: address)).pointee.nonce }
    package func code(of address: Address) -> [UInt8] { bytecode(index(of: address)).bytes }

    package func storage(of address: Address, slot: U256) -> U256 {
        let slot = slotIndex(index(of: address), slot)
        return tables.pointee.slots.base[slot].value
    }

    package func setBalance(_ balance: U256, of address: Address) {
        let account = existing(address)
        setBalance(account, balance)
    }

    package func setNonce(_ nonce: UInt64, of address: Address) {
        let account = existing(address)
        setNonce(account, nonce)
    }

    package func setCode(_ code: [UInt8], of address: Address) {
        let account = existing(address)
        setCodeHash(account, keep(code: code))
    }

    package func setStorage(_ value: U256, of address: Address, slot: U256) {
        let account = existing(address)
        setSlot(slotIndex(account, slot), value)
    }

    /// Makes every slot of the account zero.
    package func clearStorage(of address: Address) { clearStorage(index(of: address)) }

    private func existing(_ address: Address) -> Int {
        let account = index(of: address)
        if !record(account).pointee.exists { setExists(account, true) }
        return account
    }

    func clearStorage(_ account: Int) {
        markStorageCleared(account)
        var next = record(account).pointee.firstSlot
        while next != 0 {
            let slot = tables.pointee.slots.base + Int(next - 1)
            if !slot.pointee.value.isZero { setSlot(Int(next - 1), .zero) }
            next = slot.pointee.next
        }
    }

    /// Whether any slot of the account is other than zero (EIP-7610).
    func hasStorage(_ account: Int) -> Bool {
        let record = record(account).pointee
        var next = record.firstSlot
        while next != 0 {
            let slot = tables.pointee.slots.base[Int(next - 1)]
            if !slot.value.isZero { return true }
            next = slot.next
        }
        return record.baseExists && !record.storageCleared && reader.hasStorage(record.address)
    }

    // MARK: - Transactions

    /// Starts a transaction: all is cold, untouched, and transient storage is empty.
    func beginTransaction() {
        tables.pointee.transaction += 1
        tables.pointee.touches.truncate(to: 0)
        tables.pointee.destructs.truncate(to: 0)
    }

    /// Ends a transaction: removes what destroyed itself and, from Spurious Dragon, what was touched and is empty.
    func finishTransaction(clearingEmpty: Bool) {
        for position in 0..<tables.pointee.destructs.count {
            remove(Int(tables.pointee.destructs.base[position]))
        }
        if clearingEmpty {
            for position in 0..<tables.pointee.touches.count {
                let account = Int(tables.pointee.touches.base[position])
                let record = record(account).pointee
                if record.exists, record.isEmpty { remove(account) }
            }
        }
        beginTransaction()
    }

    private func remove(_ account: Int) {
        let before = record(account).pointee
        if !before.balance.isZero { setBalance(account, .zero) }
        if before.nonce != 0 { setNonce(account, 0) }
        if before.codeHash != AccountInfo.emptyCodeHash { setCodeHash(account, AccountInfo.emptyCodeHash) }
        if before.firstSlot != 0 || before.baseExists { clearStorage(account) }
        if before.exists { setExists(account, false) }
    }

    // MARK: - What changed

    /// Everything that differs from the reader, in order of address and slot.
    ///
    /// - Complexity: O(accounts and slots met since the last reset).
    package func diff() -> StateDiff {
        var diff = StateDiff()
        for account in 0..<tables.pointee.accounts.count {
            let record = record(account).pointee
            guard record.dirty, let change = change(record) else { continue }
            if let after = change.after, after.codeHash != change.before?.codeHash, let code = newCodes[after.codeHash]
            {
                diff.codes[after.codeHash] = code
            }
            diff.accounts.append(change)
        }
        diff.accounts.sort { $0.address < $1.address }
        return diff
    }

    private func change(_ record: AccountRecord) -> AccountChange? {
        let before =
            record.baseExists
            ? AccountInfo(nonce: record.baseNonce, balance: record.baseBalance, codeHash: record.baseCodeHash) : nil
        let after =
            record.exists
            ? AccountInfo(nonce: record.nonce, balance: record.balance, codeHash: record.codeHash) : nil
        var slots: [SlotChange] = []
        var next = record.firstSlot
        while next != 0 {
            let slot = tables.pointee.slots.base[Int(next - 1)]
            let stands = record.storageCleared ? !slot.value.isZero : slot.value != slot.base
            if stands { slots.append(SlotChange(slot: slot.key, before: slot.base, after: slot.value)) }
            next = slot.next
        }
        let cleared = record.storageCleared && record.baseExists
        if before == after, slots.isEmpty, !cleared { return nil }
        slots.sort { $0.slot < $1.slot }
        return AccountChange(
            address: record.address, before: before, after: after, storageCleared: cleared, storage: slots)
    }
}
