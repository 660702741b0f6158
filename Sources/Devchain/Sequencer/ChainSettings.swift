import Bytes

/// What may be changed while the chain runs.
struct ChainSettings: Sendable {
    var mining: MiningMode
    var gasLimit: UInt64
    var coinbase: Address
    /// Wei per gas.
    var minimumTip: U256
    var time = BlockTime()
    /// For the next block only; wei per gas.
    var nextBaseFee: U256?
    /// For the next block only.
    var nextPrevRandao: Hash32?
    /// Senders whose transactions need no signature.
    var impersonated: Set<Address> = []
    var impersonatesAll = false

    init(_ configuration: DevchainConfiguration) {
        mining = configuration.mining
        gasLimit = configuration.gasLimit
        coinbase = configuration.coinbase
        minimumTip = configuration.minimumTip
    }
}

/// The rules of block timestamps: the clock's time plus an offset, later than the parent by at least a second, and
/// exactly what was asked for where it was asked.
struct BlockTime: Hashable, Sendable {
    /// The latest timestamp that may be asked for; what follows it still fits.
    static let latest: UInt64 = 1 << 60

    /// Seconds added to the clock.
    private(set) var offset: Int64 = 0
    /// The next block's timestamp, where one was set.
    private(set) var next: UInt64?
    /// Seconds between blocks, where they were fixed.
    var interval: UInt64?

    init(offset: Int64 = 0) { self.offset = offset }

    /// The timestamp of a block made now.
    func timestamp(parent: UInt64, now: UInt64) -> UInt64 {
        if let next { return max(next, parent + 1) }
        if let interval { return min(parent + max(1, interval), max(Self.latest, parent + 1)) }
        let shifted = Int64(clamping: now).addingReportingOverflow(offset)
        return max(parent + 1, shifted.overflow || shifted.partialValue < 0 ? 0 : UInt64(shifted.partialValue))
    }

    /// Takes note that a block was made; time runs on from a timestamp that was set.
    mutating func used(_ timestamp: UInt64, now: UInt64) {
        if next != nil {
            next = nil
            offset = Int64(clamping: timestamp) - Int64(clamping: now)
        }
    }

    /// Lets time run on from a timestamp that a block was given.
    mutating func runOn(from timestamp: UInt64, now: UInt64) {
        offset = Int64(clamping: timestamp) - Int64(clamping: now)
    }

    mutating func increase(by seconds: UInt64) {
        let (sum, overflow) = offset.addingReportingOverflow(Int64(clamping: seconds))
        let limit = Int64(Self.latest)
        offset = overflow ? limit : min(sum, limit)
        if let set = next { next = min(set, Self.latest) + min(seconds, Self.latest) }
    }

    /// Sets the next block's timestamp; it must be later than the parent's.
    mutating func setNext(_ timestamp: UInt64) { next = timestamp }

    /// Sets the clock so that it shows `time` now.
    mutating func set(to time: UInt64, now: UInt64) {
        offset = Int64(clamping: time) - Int64(clamping: now)
        next = nil
    }
}
