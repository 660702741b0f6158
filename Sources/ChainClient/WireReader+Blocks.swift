import Bytes
import Ethereum
import JSON
import Ledger

extension WireReader {
    /// A header; its hash is taken as given, or computed for a pending block, which has none.
    func header() throws(ChainError) -> BlockHeader {
        var header = Header()
        header.parentHash = try hash("parentHash")
        header.ommersHash = try hash("sha3Uncles")
        header.beneficiary = try optionalAddress("miner") ?? .zero
        header.stateRoot = try hash("stateRoot")
        header.transactionsRoot = try hash("transactionsRoot")
        header.receiptsRoot = try hash("receiptsRoot")
        if has("logsBloom") { header.logsBloom.bytes = try bytes("logsBloom") }
        header.difficulty = has("difficulty") ? try number("difficulty") : .zero
        header.number = try uint64("number")
        header.gasLimit = try uint64("gasLimit")
        header.gasUsed = try uint64("gasUsed")
        header.timestamp = try uint64("timestamp")
        header.extraData = has("extraData") ? try bytes("extraData") : []
        header.mixHash = has("mixHash") ? try hash("mixHash") : .zero
        if has("nonce") { header.nonce = try uint64("nonce") }
        if has("baseFeePerGas") { header.baseFeePerGas = try number("baseFeePerGas") }
        if has("withdrawalsRoot") { header.withdrawalsRoot = try hash("withdrawalsRoot") }
        if has("blobGasUsed") { header.blobGasUsed = try uint64("blobGasUsed") }
        if has("excessBlobGas") { header.excessBlobGas = try uint64("excessBlobGas") }
        if has("parentBeaconBlockRoot") { header.parentBeaconBlockRoot = try hash("parentBeaconBlockRoot") }
        if has("requestsHash") { header.requestsHash = try hash("requestsHash") }
        return BlockHeader(hash: has("hash") ? try hash("hash") : header.hash, header: header)
    }

    func block() throws(ChainError) -> MinedBlock {
        let head = try header()
        var transactions: [MinedTransaction] = []
        for (index, json) in try list("transactions").enumerated() {
            let reader = WireReader(json, "transaction")
            var mined = try reader.transaction(blockHash: head.hash, blockNumber: head.header.number)
            mined.index = index
            transactions.append(mined)
        }
        var withdrawals: [Withdrawal]?
        if has("withdrawals") {
            var list: [Withdrawal] = []
            for json in try self.list("withdrawals") {
                let reader = WireReader(json, "withdrawal")
                list.append(
                    Withdrawal(
                        index: try reader.uint64("index"), validatorIndex: try reader.uint64("validatorIndex"),
                        address: try reader.address("address"), amount: try reader.uint64("amount")))
            }
            withdrawals = list
        }
        return MinedBlock(hash: head.hash, header: head.header, transactions: transactions, withdrawals: withdrawals)
    }

    /// A mined transaction; the place may come from the block that holds it.
    func transaction(blockHash: Hash32, blockNumber: UInt64) throws(ChainError) -> MinedTransaction {
        let number = has("type") ? try uint64("type") : 0
        guard let kind = Transaction.Kind(rawValue: UInt8(truncatingIfNeeded: number)), number < 256 else {
            throw ChainError(.unreachable, "transaction type \(number) is none of Ethereum's: this chain has its own")
        }
        let v = try self.number("v")
        var transaction = Transaction(
            kind: kind, chainID: has("chainId") ? try uint64("chainId") : nil, nonce: try uint64("nonce"),
            gasLimit: try uint64("gas"), to: try optionalAddress("to"))
        transaction.value = try self.number("value")
        transaction.data = try bytes("input")
        switch kind {
        case .legacy, .accessList: transaction.gasPrice = try self.number("gasPrice")
        case .dynamicFee, .blob, .setCode:
            transaction.maxFeePerGas = try self.number("maxFeePerGas")
            transaction.maxPriorityFeePerGas = try self.number("maxPriorityFeePerGas")
        }
        if kind != .legacy { transaction.accessList = try accessList() }
        if kind == .blob {
            transaction.maxFeePerBlobGas = try self.number("maxFeePerBlobGas")
            for json in try list("blobVersionedHashes") {
                transaction.blobVersionedHashes.append(try WireReader(["hash": json], "blob list").hash("hash"))
            }
        }
        if kind == .setCode { transaction.authorizations = try authorizations() }
        if kind == .legacy, transaction.chainID == nil, v >= 35 { transaction.chainID = ((v - 35) / 2).asUInt64 }
        let parity: UInt64
        switch kind {
        case .legacy: parity = v >= 35 ? (v - 35).l0 & 1 : v.l0 &- 27
        default: parity = v.l0
        }
        guard parity <= 1 else {
            throw ChainError(.unreachable, "the node's transaction has v \(v), which no key makes")
        }
        return MinedTransaction(
            hash: try hash("hash"), sender: try address("from"),
            signed: SignedTransaction(
                transaction: transaction, yParity: UInt8(parity), r: try self.number("r"), s: try self.number("s")),
            blockHash: blockHash, blockNumber: blockNumber,
            index: has("transactionIndex") ? Int(clamping: try uint64("transactionIndex")) : 0)
    }

    func accessList() throws(ChainError) -> [AccessListEntry] {
        guard has("accessList") else { return [] }
        var entries: [AccessListEntry] = []
        for json in try list("accessList") {
            let reader = WireReader(json, "access list")
            var keys: [Hash32] = []
            for key in try reader.list("storageKeys") {
                keys.append(try WireReader(["key": key], "access list").hash("key"))
            }
            entries.append(AccessListEntry(address: try reader.address("address"), storageKeys: keys))
        }
        return entries
    }

    private func authorizations() throws(ChainError) -> [Authorization] {
        var authorizations: [Authorization] = []
        for json in try list("authorizationList") {
            let reader = WireReader(json, "authorization")
            authorizations.append(
                Authorization(
                    chainID: try reader.number("chainId"), address: try reader.address("address"),
                    nonce: try reader.uint64("nonce"),
                    yParity: try reader.number(reader.has("yParity") ? "yParity" : "v"), r: try reader.number("r"),
                    s: try reader.number("s")))
        }
        return authorizations
    }
}
