package import Bytes

/// The block in which execution happens.
package struct BlockContext: Sendable {
    package var fork: Fork
    package var chainID: UInt64
    package var number: UInt64 = 0
    /// Seconds since 1970.
    package var timestamp: UInt64 = 0
    package var gasLimit: UInt64 = 30_000_000
    package var coinbase: Address = .zero
    /// From the merge on.
    package var prevRandao: Hash32 = .zero
    /// Before the merge.
    package var difficulty: U256 = .zero
    /// Wei per gas; zero before London.
    package var baseFee: U256 = .zero
    package var excessBlobGas: UInt64 = 0
    /// Wei per blob gas where a call pretends it; nil takes it from the excess.
    package var pretendedBlobBaseFee: U256?
    package var blobSchedule: BlobSchedule

    package init(fork: Fork, chainID: UInt64) {
        (self.fork, self.chainID) = (fork, chainID)
        blobSchedule = .initial(for: fork)
    }

    /// Wei per blob gas (EIP-4844).
    package var blobBaseFee: U256 {
        pretendedBlobBaseFee ?? FeeRules.blobBaseFee(excess: excessBlobGas, schedule: blobSchedule)
    }
}

/// What opcodes ask about block and transaction, as stack words.
struct Environment {
    var fork: Fork = .osaka
    var schedule = GasSchedule(.osaka)
    var origin = U256.zero
    var gasPrice = U256.zero
    var coinbase = U256.zero
    var timestamp = U256.zero
    var number = U256.zero
    var prevRandao = U256.zero
    var gasLimit = U256.zero
    var chainID = U256.zero
    var baseFee = U256.zero
    var blobBaseFee = U256.zero
}
