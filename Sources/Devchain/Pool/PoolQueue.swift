import Bytes

/// Hands out ready transactions: the best tip first, and every sender's in the order of its nonces.
struct PoolQueue {
    struct Head {
        var sender: Address
        var tip: U256
        var transaction: PooledTransaction

        /// Whether this one goes before the other.
        func precedes(_ other: Head) -> Bool {
            tip == other.tip ? transaction.arrival < other.transaction.arrival : other.tip < tip
        }
    }

    /// A binary heap, the next one first.
    private var heap: [Head]
    private let baseFee: U256
    private let minimumTip: U256

    init(heads: [Head], baseFee: U256, minimumTip: U256) {
        (self.baseFee, self.minimumTip) = (baseFee, minimumTip)
        heap = heads.sorted { $0.precedes($1) }
    }

    var first: PooledTransaction? { heap.first?.transaction }

    /// Leaves the first sender's transactions out from here on.
    mutating func skipSender() {
        guard let last = heap.popLast() else { return }
        if heap.isEmpty { return }
        heap[0] = last
        sink()
    }

    /// Moves on to the first sender's next transaction.
    mutating func advance(in pool: borrowing Mempool) {
        guard let head = heap.first else { return }
        let (nonce, overflow) = head.transaction.nonce.addingReportingOverflow(1)
        guard !overflow, let next = pool.transaction(of: head.sender, nonce: nonce),
            let tip = next.tip(baseFee: baseFee),
            tip >= minimumTip
        else { return skipSender() }
        heap[0] = Head(sender: head.sender, tip: tip, transaction: next)
        sink()
    }

    private mutating func sink() {
        var index = 0
        while true {
            var best = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].precedes(heap[best]) { best = child }
            }
            if best == index { return }
            heap.swapAt(index, best)
            index = best
        }
    }
}
