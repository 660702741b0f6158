package import Bytes
import Crypto

extension Header {
    /// The block's hash.
    package var hash: Hash32 { keccak256(encoded) }

    /// The RLP whose Keccak-256 is the block's hash.
    package var encoded: [UInt8] {
        var encoder = RLPEncoder(reserving: 700)
        write(to: &encoder)
        return encoder.bytes
    }

    /// Appends the fields up to the last fork whose fields are set.
    func write(to encoder: inout RLPEncoder) {
        encoder.list { encoder in
            encoder.append(parentHash)
            encoder.append(ommersHash)
            encoder.append(beneficiary)
            encoder.append(stateRoot)
            encoder.append(transactionsRoot)
            encoder.append(receiptsRoot)
            encoder.append(logsBloom.bytes)
            encoder.append(difficulty)
            encoder.append(number)
            encoder.append(gasLimit)
            encoder.append(gasUsed)
            encoder.append(timestamp)
            encoder.append(extraData)
            encoder.append(mixHash)
            withUnsafeBytes(of: nonce.bigEndian) { encoder.append($0) }
            if let baseFeePerGas { encoder.append(baseFeePerGas) }
            if let withdrawalsRoot { encoder.append(withdrawalsRoot) }
            if let blobGasUsed { encoder.append(blobGasUsed) }
            if let excessBlobGas { encoder.append(excessBlobGas) }
            if let parentBeaconBlockRoot { encoder.append(parentBeaconBlockRoot) }
            if let requestsHash { encoder.append(requestsHash) }
        }
    }

    /// Reads a header's RLP; nothing may follow it.
    package init(decoding bytes: [UInt8]) throws(RLPError) {
        var reader = RLPReader(bytes)
        try self.init(from: &reader)
        try reader.end()
    }

    init(from reader: inout RLPReader) throws(RLPError) {
        self.init()
        var fields = try reader.list()
        parentHash = try fields.hash()
        ommersHash = try fields.hash()
        beneficiary = try fields.address()
        stateRoot = try fields.hash()
        transactionsRoot = try fields.hash()
        receiptsRoot = try fields.hash()
        logsBloom.bytes = Array(try fields.fixed(256))
        difficulty = try fields.u256()
        number = try fields.uint64()
        gasLimit = try fields.uint64()
        gasUsed = try fields.uint64()
        timestamp = try fields.uint64()
        extraData = try fields.array()
        mixHash = try fields.hash()
        nonce = try fields.fixed(8).reduce(0) { $0 << 8 | UInt64($1) }
        if !fields.isAtEnd { baseFeePerGas = try fields.u256() }
        if !fields.isAtEnd { withdrawalsRoot = try fields.hash() }
        if !fields.isAtEnd { blobGasUsed = try fields.uint64() }
        if !fields.isAtEnd { excessBlobGas = try fields.uint64() }
        if !fields.isAtEnd { parentBeaconBlockRoot = try fields.hash() }
        if !fields.isAtEnd { requestsHash = try fields.hash() }
        try fields.end()
    }
}

extension Hash32 {
    /// The hash of an empty list of ommers: Keccak-256 of the RLP of `[]`.
    package static let emptyOmmers = keccak256([0xC0])
}
