import Bytes
import Ethereum

/// The transactions that wait: a pure value, told of the state's nonces from outside.
///
/// Each sender's transactions stand in the order of their nonces; those that follow the state's nonce without a gap are
/// ready. Ready ones are taken by what they pay, the earlier arrival first among equals.
struct Mempool {
    /// Transactions at most, and bytes of all their wire forms; an open door must fill neither memory nor disk.
    static let capacity = 65_536
    static let byteCapacity = 64 << 20

    private(set) var count = 0
    private var byteCount = 0
    /// What the copy of the pool on the disk lacks, and what it has too much.
    private(set) var journal = PoolJournal()
    private var lanes: [Address: Lane] = [:]
    private var byHash: [Hash32: (sender: Address, nonce: UInt64)] = [:]
    private var arrivals: UInt64 = 0
    /// Rises with every change.
    private(set) var version: UInt64 = 0

    private struct Lane {
        /// The sender's nonce in the newest state.
        var base: UInt64
        var entries: [UInt64: PooledTransaction] = [:]

        /// Wei that all of them can take from the sender at most.
        var cost = U256.zero

        /// The first nonce from `base` on that no transaction has.
        var next: UInt64 {
            var nonce = base
            while entries[nonce] != nil { nonce += 1 }
            return nonce
        }
    }

    func transaction(_ hash: Hash32) -> PooledTransaction? {
        byHash[hash].flatMap { lanes[$0.sender]?.entries[$0.nonce] }
    }

    func transaction(of sender: Address, nonce: UInt64) -> PooledTransaction? { lanes[sender]?.entries[nonce] }

    /// The nonce that the sender's next transaction should have, or nil where none of its transactions wait.
    func nextNonce(of sender: Address) -> UInt64? { lanes[sender]?.next }

    /// Whether everything before this transaction is there.
    func isReady(_ transaction: PooledTransaction) -> Bool {
        lanes[transaction.sender].map { transaction.nonce < $0.next && transaction.nonce >= $0.base } ?? false
    }

    /// Adds a transaction that was found valid; one with the same sender and nonce must be outbid by a tenth.
    ///
    /// - Parameter stateNonce: the sender's nonce in the newest state.
    /// - Returns: the transaction that was replaced.
    @discardableResult
    mutating func insert(_ transaction: PooledTransaction, stateNonce: UInt64)
        throws(PoolRefusal) -> PooledTransaction?
    {
        if byHash[transaction.hash] != nil { throw .alreadyKnown }
        let rival = lanes[transaction.sender]?.entries[transaction.nonce]
        if let rival {
            guard Self.outbids(transaction.signed.transaction, rival.signed.transaction) else {
                throw .replacementUnderpriced
            }
        } else if count >= Self.capacity {
            throw .full
        }
        guard byteCount - (rival?.raw.count ?? 0) + transaction.raw.count <= Self.byteCapacity else { throw .full }
        if let rival { remove(rival.hash) }
        arrivals += 1
        var entry = transaction
        entry.arrival = arrivals
        place(entry, stateNonce: stateNonce)
        journal.arrived(entry)
        return rival
    }

    /// Takes back a transaction from the disk; earlier ones come first, and none has the same sender and nonce.
    mutating func restore(_ saved: PooledTransaction, stateNonce: UInt64) {
        arrivals = saved.arrival
        place(saved, stateNonce: stateNonce)
    }

    /// Takes note of a row on the disk whose transaction is not taken back.
    mutating func pass(over arrival: UInt64) {
        arrivals = arrival
        journal.left(arrival)
    }

    private mutating func place(_ entry: PooledTransaction, stateNonce: UInt64) {
        var lane = lanes.removeValue(forKey: entry.sender) ?? Lane(base: stateNonce)
        lane.base = stateNonce
        lane.entries[entry.nonce] = entry
        lane.cost = lane.cost &+ (entry.signed.transaction.worstCost ?? .zero)
        lanes[entry.sender] = lane
        byHash[entry.hash] = (entry.sender, entry.nonce)
        count += 1
        byteCount += entry.raw.count
        version += 1
    }

    /// Removes a transaction; those behind it stay and wait for the gap to be filled.
    @discardableResult
    mutating func remove(_ hash: Hash32) -> PooledTransaction? {
        guard let place = byHash.removeValue(forKey: hash) else { return nil }
        let removed = lanes[place.sender]?.entries.removeValue(forKey: place.nonce)
        if let removed {
            journal.left(removed.arrival)
            byteCount -= removed.raw.count
        }
        if let cost = removed?.signed.transaction.worstCost, let old = lanes[place.sender]?.cost {
            lanes[place.sender]?.cost = old &- cost
        }
        if lanes[place.sender]?.entries.isEmpty == true { lanes[place.sender] = nil }
        count -= 1
        version += 1
        return removed
    }

    /// Takes note of a sender's nonce after a block, and forgets what lies behind it.
    mutating func advance(_ sender: Address, to nonce: UInt64) {
        guard let lane = lanes[sender] else { return }
        for (old, entry) in lane.entries where old < nonce { remove(entry.hash) }
        lanes[sender]?.base = nonce
        version += 1
    }

    mutating func removeAll() {
        for hash in Array(byHash.keys) { remove(hash) }
    }

    /// Makes the pool what it was at an earlier moment; the disk still has what it has now.
    mutating func become(_ earlier: Mempool) {
        let onDisk = journal.onDisk(of: arrivalNumbers)
        var next = earlier
        next.journal = PoolJournal(
            disk: onDisk, pool: earlier.lanes.values.flatMap { $0.entries.values.map { ($0.arrival, $0.hash) } })
        (next.arrivals, next.version) = (arrivals, version + 1)
        self = next
    }

    private var arrivalNumbers: Set<UInt64> {
        Set(lanes.values.lazy.flatMap { $0.entries.values.lazy.map(\.arrival) })
    }

    /// What must be written so that the disk has what the pool has, in the order of arrival.
    var unsaved: [PoolRow] {
        journal.unsaved.sorted { $0.key < $1.key }.compactMap { arrival, hash in
            transaction(hash).map { PoolRow(arrival: arrival, sender: $0.sender, raw: $0.raw) }
        }
    }

    /// Takes note that the disk has forgotten what the journal calls stale and, where `all`, has the rest, too.
    mutating func saved(all: Bool) { journal.saved(all: all) }

    /// Wei that a sender's waiting transactions, but for the one with `nonce`, can take at most.
    func cost(of sender: Address, without nonce: UInt64) -> U256 {
        guard let lane = lanes[sender] else { return .zero }
        return lane.cost &- (lane.entries[nonce]?.signed.transaction.worstCost ?? .zero)
    }

    var senders: [Address] { Array(lanes.keys) }

    func entries(of sender: Address) -> [PooledTransaction] {
        (lanes[sender]?.entries.values).map { $0.sorted { $0.nonce < $1.nonce } } ?? []
    }

    /// Whether any transaction is ready at this base fee.
    func hasReady(baseFee: U256, minimumTip: U256) -> Bool {
        lanes.values.contains { lane in
            lane.entries[lane.base].flatMap { $0.tip(baseFee: baseFee) }.map { $0 >= minimumTip } ?? false
        }
    }

    var content: PoolContent {
        var content = PoolContent()
        for (sender, lane) in lanes {
            let next = lane.next
            let ready = lane.entries.filter { $0.key < next }
            let later = lane.entries.filter { $0.key >= next }
            if !ready.isEmpty { content.pending[sender] = ready }
            if !later.isEmpty { content.queued[sender] = later }
        }
        return content
    }

    /// Ready transactions in the order in which a block takes them.
    func queue(baseFee: U256, minimumTip: U256) -> PoolQueue {
        var heads: [PoolQueue.Head] = []
        for (sender, lane) in lanes {
            guard let first = lane.entries[lane.base], let tip = first.tip(baseFee: baseFee), tip >= minimumTip else {
                continue
            }
            heads.append(PoolQueue.Head(sender: sender, tip: tip, transaction: first))
        }
        return PoolQueue(heads: heads, baseFee: baseFee, minimumTip: minimumTip)
    }

    /// Whether both prices rose by a tenth, as geth wants it (a hundred percent for blobs).
    private static func outbids(_ new: Transaction, _ old: Transaction) -> Bool {
        let bump: U256 = old.kind == .blob ? 200 : 110
        func enough(_ new: U256, _ old: U256) -> Bool {
            let (wanted, overflow) = old.multipliedReportingOverflow(by: bump)
            let (offered, unbounded) = new.multipliedReportingOverflow(by: 100)
            return new > old && (unbounded || (!overflow && offered >= wanted))
        }
        return enough(new.feeCap, old.feeCap) && enough(new.tipCap, old.tipCap)
    }
}

/// Why the pool does not take a transaction; the texts are geth's.
enum PoolRefusal: Error, CustomStringConvertible {
    case alreadyKnown, replacementUnderpriced, full

    var description: String {
        switch self {
        case .alreadyKnown: "already known"
        case .replacementUnderpriced: "replacement transaction underpriced"
        case .full: "txpool is full"
        }
    }
}
