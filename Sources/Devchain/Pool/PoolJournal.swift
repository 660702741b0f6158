import Bytes

/// How the pool differs from its copy on the disk.
///
/// Transactions are named by their arrival, which is never given twice. One that comes and is mined before the copy is
/// brought up to date leaves no trace here, and costs the disk nothing.
struct PoolJournal {
    /// The hashes of transactions in the pool that the disk has not, by arrival.
    private(set) var unsaved: [UInt64: Hash32] = [:]
    /// Arrivals that the disk has and the pool has not.
    private(set) var stale: Set<UInt64> = []

    init() {}

    /// The difference between what the disk has and what the pool has.
    init(disk: Set<UInt64>, pool: [(arrival: UInt64, hash: Hash32)]) {
        stale = disk
        for (arrival, hash) in pool where stale.remove(arrival) == nil { unsaved[arrival] = hash }
    }

    mutating func arrived(_ transaction: PooledTransaction) { unsaved[transaction.arrival] = transaction.hash }

    mutating func left(_ arrival: UInt64) {
        if unsaved.removeValue(forKey: arrival) == nil { stale.insert(arrival) }
    }

    mutating func saved(all: Bool) {
        stale = []
        if all { unsaved = [:] }
    }

    /// What the disk has while the pool has `pool`.
    func onDisk(of pool: Set<UInt64>) -> Set<UInt64> { pool.subtracting(unsaved.keys).union(stale) }
}
