import Bytes

extension SignedTransaction {
    /// Reads the wire form (EIP-2718) of any of the five types; nothing may follow it.
    ///
    /// The signature's range is checked by `sender()`, not here.
    package init(decoding bytes: [UInt8]) throws(TransactionDecodingError) {
        guard let first = bytes.first else { throw .empty }
        let kind: Transaction.Kind
        if first >= 0xC0 {
            kind = .legacy
        } else {
            guard let typed = Transaction.Kind(rawValue: first), typed != .legacy else { throw .unknownType(first) }
            kind = typed
        }
        let parts: (transaction: Transaction, v: U256, r: U256, s: U256)
        do {
            parts = try SignedTransaction.parts(of: kind, RLPReader(bytes, from: kind == .legacy ? 0 : 1))
        } catch {
            throw .malformed(error)
        }
        var transaction = parts.transaction
        let parity: UInt8
        if kind == .legacy {
            (parity, transaction.chainID) = try SignedTransaction.legacyParity(parts.v)
        } else {
            guard parts.v <= .one else { throw .invalidParity("\(parts.v)") }
            parity = UInt8(parts.v.l0)
        }
        self.init(transaction: transaction, yParity: parity, r: parts.r, s: parts.s)
    }

    private static func parts(
        of kind: Transaction.Kind, _ reader: RLPReader
    ) throws(RLPError) -> (Transaction, U256, U256, U256) {
        var reader = reader
        var fields = try reader.list()
        try reader.end()
        let transaction = try Transaction(kind: kind, from: &fields)
        let (v, r, s) = (try fields.u256(), try fields.u256(), try fields.u256())
        try fields.end()
        return (transaction, v, r, s)
    }

    /// The parity and, after EIP-155, the chain that a legacy `v` names.
    private static func legacyParity(_ v: U256) throws(TransactionDecodingError) -> (UInt8, UInt64?) {
        if v == 27 || v == 28 { return (UInt8(v.l0 - 27), nil) }
        guard v >= 35 else { throw .invalidParity("\(v)") }
        let rest = v - 35
        guard let chainID = (rest >> 1).asUInt64 else { throw .chainIDTooLarge }
        return (UInt8(rest.l0 & 1), chainID)
    }
}

extension Transaction {
    /// Reads the fields of a kind in wire order, up to the signature.
    init(kind: Kind, from fields: inout RLPReader) throws(RLPError) {
        let chainID: UInt64? = kind == .legacy ? nil : try fields.uint64()
        self.init(kind: kind, chainID: chainID, nonce: try fields.uint64(), gasLimit: 0, to: nil)
        switch kind {
        case .legacy, .accessList: gasPrice = try fields.u256()
        case .dynamicFee, .blob, .setCode:
            maxPriorityFeePerGas = try fields.u256()
            maxFeePerGas = try fields.u256()
        }
        gasLimit = try fields.uint64()
        // Blob and set-code transactions cannot create contracts (EIP-4844, EIP-7702).
        to = kind == .blob || kind == .setCode ? try fields.address() : try fields.optionalAddress()
        value = try fields.u256()
        data = try fields.array()
        guard kind != .legacy else { return }
        var entries = try fields.list()
        while !entries.isAtEnd { accessList.append(try AccessListEntry(from: &entries)) }
        switch kind {
        case .legacy, .accessList, .dynamicFee: break
        case .blob:
            maxFeePerBlobGas = try fields.u256()
            var hashes = try fields.list()
            while !hashes.isAtEnd { blobVersionedHashes.append(try hashes.hash()) }
        case .setCode:
            var list = try fields.list()
            while !list.isAtEnd { authorizations.append(try Authorization(from: &list)) }
        }
    }
}

extension AccessListEntry {
    init(from reader: inout RLPReader) throws(RLPError) {
        var fields = try reader.list()
        self.init(address: try fields.address(), storageKeys: [])
        var keys = try fields.list()
        while !keys.isAtEnd { storageKeys.append(try keys.hash()) }
        try fields.end()
    }
}
