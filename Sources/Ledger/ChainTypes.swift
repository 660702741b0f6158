package import Bytes
package import Ethereum

/// Which block a question is about.
package enum BlockTag: Hashable, Sendable {
    case earliest, latest, pending, safe, finalized
    case number(UInt64)
    case hash(Hash32)
}

/// A message call as `eth_call` and `eth_estimateGas` take it.
package struct CallMessage: Hashable, Sendable {
    package var from: Address?
    /// Nil creates a contract.
    package var to: Address?
    package var gas: UInt64?
    package var gasPrice: U256?
    package var maxFeePerGas: U256?
    package var maxPriorityFeePerGas: U256?
    /// Wei.
    package var value: U256
    package var data: [UInt8]
    package var accessList: [AccessListEntry] = []

    package init(from: Address? = nil, to: Address?, gas: UInt64? = nil, value: U256 = .zero, data: [UInt8] = []) {
        (self.from, self.to, self.gas, self.value, self.data) = (from, to, gas, value, data)
    }
}

/// Wei per gas that a transaction should offer to be mined soon (EIP-1559).
package struct FeeQuote: Hashable, Sendable {
    package var baseFeePerGas: U256
    package var maxPriorityFeePerGas: U256

    package init(baseFeePerGas: U256, maxPriorityFeePerGas: U256) {
        (self.baseFeePerGas, self.maxPriorityFeePerGas) = (baseFeePerGas, maxPriorityFeePerGas)
    }

    /// A ceiling that survives six full blocks in a row: twice the base fee and the tip.
    package var maxFeePerGas: U256 { baseFeePerGas &* 2 &+ maxPriorityFeePerGas }
}

/// A header with its hash.
package struct BlockHeader: Hashable, Sendable {
    package var hash: Hash32
    package var header: Header

    package init(hash: Hash32, header: Header) { (self.hash, self.header) = (hash, header) }
}

/// A block with its hash and its transactions in order.
package struct MinedBlock: Hashable, Sendable {
    package var hash: Hash32
    package var header: Header
    package var transactions: [MinedTransaction]
    package var withdrawals: [Withdrawal]?

    package init(hash: Hash32, header: Header, transactions: [MinedTransaction], withdrawals: [Withdrawal]?) {
        (self.hash, self.header) = (hash, header)
        (self.transactions, self.withdrawals) = (transactions, withdrawals)
    }
}

/// A transaction and where it was mined.
package struct MinedTransaction: Hashable, Sendable {
    package var hash: Hash32
    package var sender: Address
    package var signed: SignedTransaction
    package var blockHash: Hash32
    package var blockNumber: UInt64
    package var index: Int

    package init(
        hash: Hash32, sender: Address, signed: SignedTransaction, blockHash: Hash32, blockNumber: UInt64, index: Int
    ) {
        (self.hash, self.sender, self.signed) = (hash, sender, signed)
        (self.blockHash, self.blockNumber, self.index) = (blockHash, blockNumber, index)
    }
}

/// A receipt with what a node derives for it.
package struct MinedReceipt: Hashable, Sendable {
    package var transactionHash: Hash32
    package var transactionIndex: Int
    package var blockHash: Hash32
    package var blockNumber: UInt64
    package var from: Address
    package var to: Address?
    /// The address of the contract that the transaction created.
    package var contractAddress: Address?
    package var kind: Transaction.Kind
    package var succeeded: Bool
    package var gasUsed: UInt64
    package var cumulativeGasUsed: UInt64
    /// Wei per gas that was paid.
    package var effectiveGasPrice: U256
    package var logs: [MinedLog]

    package init(
        transactionHash: Hash32, transactionIndex: Int, blockHash: Hash32, blockNumber: UInt64, from: Address,
        to: Address?, contractAddress: Address?, kind: Transaction.Kind, succeeded: Bool, gasUsed: UInt64,
        cumulativeGasUsed: UInt64, effectiveGasPrice: U256, logs: [MinedLog]
    ) {
        (self.transactionHash, self.transactionIndex) = (transactionHash, transactionIndex)
        (self.blockHash, self.blockNumber) = (blockHash, blockNumber)
        (self.from, self.to, self.contractAddress) = (from, to, contractAddress)
        (self.kind, self.succeeded, self.gasUsed) = (kind, succeeded, gasUsed)
        (self.cumulativeGasUsed, self.effectiveGasPrice) = (cumulativeGasUsed, effectiveGasPrice)
        self.logs = logs
    }
}

/// A log and where it was mined.
package struct MinedLog: Hashable, Sendable {
    package var log: Log
    package var blockNumber: UInt64
    package var blockHash: Hash32
    package var transactionHash: Hash32
    package var transactionIndex: Int
    /// Its place among all logs of the block.
    package var logIndex: Int

    package init(
        log: Log, blockNumber: UInt64, blockHash: Hash32, transactionHash: Hash32, transactionIndex: Int, logIndex: Int
    ) {
        (self.log, self.blockNumber, self.blockHash) = (log, blockNumber, blockHash)
        (self.transactionHash, self.transactionIndex) = (transactionHash, transactionIndex)
        self.logIndex = logIndex
    }
}

/// Which logs to fetch (the fields of `eth_getLogs`).
package struct LogFilter: Hashable, Sendable {
    package var from: BlockTag
    package var to: BlockTag
    /// Any of these emitters; empty means all.
    package var addresses: [Address]
    /// Position by position, any of these topics; an empty position matches all.
    package var topics: [[Hash32]]

    package init(from: BlockTag = .earliest, to: BlockTag = .latest, addresses: [Address] = [], topics: [[Hash32]] = [])
    {
        (self.from, self.to, self.addresses, self.topics) = (from, to, addresses, topics)
    }
}
