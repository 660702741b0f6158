import Bytes
import Ethereum

/// What validation found out and execution needs.
struct Admission {
    var intrinsic: IntrinsicGas
    /// Wei per gas that the sender pays, and of it the part that goes to the coinbase.
    var price: U256
    var tip: U256
    var blobGas: UInt64
    /// Wei per gas that the code sees as base fee.
    var baseFee: U256
}

extension Machine {
    /// Checks a transaction against block and state, in geth's order.
    func admit(
        _ tx: Transaction, sender: Address, gasAvailable: UInt64, options: ExecutionOptions
    ) throws(TransactionRejection) -> Admission {
        let fork = block.fork
        try checkKind(tx, sender: sender)
        let account = state.index(of: sender)
        let record = state.record(account).pointee
        if options.checksNonce {
            if tx.nonce < record.nonce {
                throw .nonceTooLow(address: sender, transaction: tx.nonce, state: record.nonce)
            }
            if tx.nonce > record.nonce {
                throw .nonceTooHigh(address: sender, transaction: tx.nonce, state: record.nonce)
            }
            if tx.nonce == .max { throw .nonceMax(address: sender) }
        }
        if options.checksGasCap, fork >= .osaka, tx.gasLimit > Gas.transactionLimit {
            throw .gasLimitTooHigh(cap: Gas.transactionLimit, transaction: tx.gasLimit)
        }
        if options.checksSenderCode,
            record.codeHash != AccountInfo.emptyCodeHash,
            !(fork >= .prague && state.bytecode(account).delegation != nil)
        {
            throw .senderNotExternallyOwned(address: sender)
        }
        let fees = try price(tx, sender: sender, options: options)
        try checkBlobs(tx, sender: sender, options: options)
        try checkFunds(tx, sender: sender, balance: record.balance, options: options)
        if tx.gasLimit > gasAvailable { throw .blockGasExceeded(have: gasAvailable, want: tx.gasLimit) }
        let intrinsic = IntrinsicGas(tx, fork: fork)
        if tx.gasLimit < intrinsic.gas { throw .intrinsicGas(have: tx.gasLimit, want: intrinsic.gas) }
        if tx.gasLimit < intrinsic.floor { throw .floorDataGas(have: tx.gasLimit, want: intrinsic.floor) }
        if tx.to == nil, fork >= .shanghai, tx.data.count > Limits.initCodeSize {
            throw .initCodeTooLarge(size: tx.data.count, limit: Limits.initCodeSize)
        }
        let blobGas = UInt64(tx.blobVersionedHashes.count) * Gas.blob
        return Admission(
            intrinsic: intrinsic, price: fees.price, tip: fees.tip, blobGas: blobGas, baseFee: fees.baseFee)
    }

    private func checkKind(_ tx: Transaction, sender: Address) throws(TransactionRejection) {
        let since: Fork =
            switch tx.kind {
            case .legacy: .frontier
            case .accessList: .berlin
            case .dynamicFee: .london
            case .blob: .cancun
            case .setCode: .prague
            }
        if block.fork < since { throw .kindNotSupported(fork: block.fork) }
        if let chain = tx.chainID, chain != block.chainID { throw .wrongChain(have: chain, want: block.chainID) }
        if tx.kind == .setCode {
            if tx.to == nil { throw .authorizationsCreate(address: sender) }
            if tx.authorizations.isEmpty { throw .authorizationsEmpty(address: sender) }
        }
    }

    /// The effective price (EIP-1559), its tip, and the base fee that holds for the code.
    private func price(
        _ tx: Transaction, sender: Address, options: ExecutionOptions
    ) throws(TransactionRejection) -> (price: U256, tip: U256, baseFee: U256) {
        let baseFee = block.fork >= .london ? block.baseFee : .zero
        let isDynamic = tx.kind.rawValue >= Transaction.Kind.dynamicFee.rawValue
        let cap = isDynamic ? tx.maxFeePerGas : tx.gasPrice
        if options.allowsZeroFee, cap.isZero, tx.maxPriorityFeePerGas.isZero { return (.zero, .zero, .zero) }
        if isDynamic {
            if tx.maxPriorityFeePerGas > cap {
                throw .tipAboveFeeCap(address: sender, tip: tx.maxPriorityFeePerGas, feeCap: cap)
            }
            if cap < baseFee { throw .feeCapTooLow(address: sender, feeCap: cap, baseFee: baseFee) }
            let room = cap - baseFee
            let tip = tx.maxPriorityFeePerGas < room ? tx.maxPriorityFeePerGas : room
            return (baseFee + tip, tip, baseFee)
        }
        if cap < baseFee { throw .gasPriceTooLow(address: sender, gasPrice: cap, baseFee: baseFee) }
        return (cap, cap - baseFee, baseFee)
    }

    private func checkBlobs(
        _ tx: Transaction, sender: Address, options: ExecutionOptions
    ) throws(TransactionRejection) {
        guard tx.kind == .blob else { return }
        if tx.to == nil { throw .blobsCreate }
        if tx.blobVersionedHashes.isEmpty { throw .blobsMissing }
        let limit = block.fork >= .osaka ? Limits.blobsPerTransaction : Int(clamping: block.blobSchedule.max)
        if tx.blobVersionedHashes.count > limit {
            throw .tooManyBlobs(have: tx.blobVersionedHashes.count, limit: limit)
        }
        for (index, hash) in tx.blobVersionedHashes.enumerated() where hash.w0 >> 56 != 1 {
            throw .blobHashVersion(index: index)
        }
        if options.allowsZeroFee, tx.maxFeePerBlobGas.isZero { return }
        let base = block.blobBaseFee
        if tx.maxFeePerBlobGas < base {
            throw .blobFeeCapTooLow(address: sender, feeCap: tx.maxFeePerBlobGas, blobBaseFee: base)
        }
    }

    /// The sender must own what the transaction may cost at most.
    private func checkFunds(
        _ tx: Transaction, sender: Address, balance: U256, options: ExecutionOptions
    ) throws(TransactionRejection) {
        guard options.checksBalance else { return }
        let isDynamic = tx.kind.rawValue >= Transaction.Kind.dynamicFee.rawValue
        let cap = isDynamic ? tx.maxFeePerGas : tx.gasPrice
        let gas = cap.multipliedReportingOverflow(by: U256(tx.gasLimit))
        let blobs = tx.maxFeePerBlobGas.multipliedReportingOverflow(
            by: U256(UInt64(tx.blobVersionedHashes.count) * Gas.blob))
        let fees = gas.partialValue.addingReportingOverflow(blobs.partialValue)
        let total = fees.partialValue.addingReportingOverflow(tx.value)
        if gas.overflow || blobs.overflow || fees.overflow || total.overflow { throw .feeOverflow(address: sender) }
        if total.partialValue > balance {
            throw .insufficientFunds(address: sender, have: balance, want: total.partialValue)
        }
    }
}
