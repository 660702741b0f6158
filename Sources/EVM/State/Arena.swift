import Bytes

/// A growing array of plain values behind a raw pointer: no reference counts, no bounds checks, no copies on write.
///
/// Elements are named by index, since growth moves them. The owner calls `deallocate()`.
struct Arena<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    func deallocate() { base.deallocate() }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count &+= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }

    @inline(__always)
    mutating func truncate(to count: Int) { self.count = count }
}

/// An open-addressing index from hashes to arena positions; the owner of the arena compares the keys.
struct HashIndex {
    /// High half: tag of the hash; low half: position + 1; zero where free.
    private(set) var entries: UnsafeMutablePointer<UInt64>
    private(set) var mask: Int
    private var count = 0

    init(capacity: Int) {
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
    }

    func deallocate() { entries.deallocate() }

    /// Finds the position whose key `matches`, or nil.
    @inline(__always)
    func find(_ hash: UInt64, matches: (Int) -> Bool) -> Int? {
        var place = Int(truncatingIfNeeded: hash) & mask
        let tag = hash >> 32
        while true {
            let entry = entries[place]
            if entry == 0 { return nil }
            if entry >> 32 == tag {
                let position = Int(truncatingIfNeeded: entry & 0xffff_ffff) &- 1
                if matches(position) { return position }
            }
            place = (place &+ 1) & mask
        }
    }

    /// Adds a key that `find` did not find; `hashOf` gives the hash of any position when the table grows.
    @inline(__always)
    mutating func insert(_ hash: UInt64, position: Int, hashOf: (Int) -> UInt64) {
        if count &* 2 > mask { grow(hashOf) }
        place(hash, position)
        count &+= 1
    }

    @inline(__always)
    private mutating func place(_ hash: UInt64, _ position: Int) {
        var place = Int(truncatingIfNeeded: hash) & mask
        while entries[place] != 0 { place = (place &+ 1) & mask }
        entries[place] = (hash >> 32) << 32 | UInt64(truncatingIfNeeded: position &+ 1)
    }

    @inline(never)
    private mutating func grow(_ hashOf: (Int) -> UInt64) {
        let (old, oldMask) = (entries, mask)
        mask = mask * 2 + 1
        entries = .allocate(capacity: mask + 1)
        entries.initialize(repeating: 0, count: mask + 1)
        for slot in 0...oldMask where old[slot] != 0 {
            let position = Int(truncatingIfNeeded: old[slot] & 0xffff_ffff) - 1
            place(hashOf(position), position)
        }
        old.deallocate()
    }

    mutating func removeAll() {
        if count == 0 { return }
        entries.update(repeating: 0, count: mask + 1)
        count = 0
    }
}

/// A keyed multiply-and-fold hash, so that nobody outside can aim keys at one place of a table.
struct TableHash {
    private let k0, k1, k2, k3: UInt64

    init(seed: some RandomNumberGenerator) {
        var seed = seed
        (k0, k1, k2, k3) = (seed.next(), seed.next(), seed.next(), seed.next() | 1)
    }

    @inline(__always)
    private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (high, low) = a.multipliedFullWidth(by: b)
        return high ^ low
    }

    @inline(__always)
    func callAsFunction(_ address: Address) -> UInt64 {
        fold(fold(address.w0 ^ k0, address.w1 ^ k1) ^ UInt64(address.w2) ^ k2, k3)
    }

    @inline(__always)
    func callAsFunction(_ account: Int, _ slot: U256) -> UInt64 {
        let low = fold(slot.l0 ^ k0, slot.l1 ^ k1)
        let high = fold(slot.l2 ^ k2, slot.l3 ^ k0)
        return fold(low ^ (high << 1 | high >> 63) ^ UInt64(truncatingIfNeeded: account), k3)
    }
}
