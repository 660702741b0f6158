import Bytes
package import Ethereum

/// What a header must be, given its parent's.
package enum HeaderRules {
    /// Checks all that can be checked without executing; for forks from the merge on.
    package static func validate(
        _ header: Header, parent: Header, fork: Fork, blobSchedule: BlobSchedule
    ) throws(BlockError) {
        try expect("number", header.number, parent.number &+ 1)
        guard header.timestamp > parent.timestamp else {
            throw .header(field: "timestamp", have: "\(header.timestamp)", want: "more than \(parent.timestamp)")
        }
        try validateGas(header, parent: parent, fork: fork)
        if header.extraData.count > 32 {
            throw .header(field: "extraData", have: "\(header.extraData.count) bytes", want: "at most 32")
        }
        if fork >= .paris {
            try expect("difficulty", header.difficulty, .zero)
            try expect("nonce", header.nonce, 0)
            try expect("ommersHash", header.ommersHash, .emptyOmmers)
        }
        try present("withdrawalsRoot", header.withdrawalsRoot != nil, fork >= .shanghai)
        try present("blobGasUsed", header.blobGasUsed != nil, fork >= .cancun)
        try present("excessBlobGas", header.excessBlobGas != nil, fork >= .cancun)
        try present("parentBeaconBlockRoot", header.parentBeaconBlockRoot != nil, fork >= .cancun)
        try present("requestsHash", header.requestsHash != nil, fork >= .prague)
        if fork >= .cancun {
            let excess = FeeRules.nextExcessBlobGas(after: parent, fork: fork, schedule: blobSchedule)
            try expect("excessBlobGas", header.excessBlobGas ?? 0, excess)
            let used = header.blobGasUsed ?? 0
            let most = blobSchedule.max &* Gas.blob
            if used > most || used % Gas.blob != 0 {
                throw .header(field: "blobGasUsed", have: "\(used)", want: "a multiple of \(Gas.blob), at most \(most)")
            }
        }
    }

    private static func validateGas(_ header: Header, parent: Header, fork: Fork) throws(BlockError) {
        if header.gasUsed > header.gasLimit {
            throw .header(field: "gasUsed", have: "\(header.gasUsed)", want: "at most \(header.gasLimit)")
        }
        // The first block of London doubles the limit, so that the target stays what the limit was.
        let isFirstLondon = fork >= .london && parent.baseFeePerGas == nil
        let before = isFirstLondon ? parent.gasLimit &* 2 : parent.gasLimit
        let change = header.gasLimit > before ? header.gasLimit - before : before - header.gasLimit
        if change >= before / 1024 || header.gasLimit < 5000 {
            throw .header(
                field: "gasLimit", have: "\(header.gasLimit)",
                want: "within \(before / 1024) of \(before), and at least 5000")
        }
        try present("baseFeePerGas", header.baseFeePerGas != nil, fork >= .london)
        if fork >= .london, let base = header.baseFeePerGas {
            try expect("baseFeePerGas", base, FeeRules.nextBaseFee(after: parent))
        }
    }

    /// Checks what execution found against what the header says; the state root is the caller's to compare.
    package static func validate(_ header: Header, result: BlockResult) throws(BlockError) {
        try expect("gasUsed", header.gasUsed, result.gasUsed)
        try expect("receiptsRoot", header.receiptsRoot, Block.receiptsRoot(result.receipts))
        guard header.logsBloom == result.bloom else {
            throw .header(field: "logsBloom", have: header.logsBloom.bytes.hex0x, want: result.bloom.bytes.hex0x)
        }
        if let used = header.blobGasUsed { try expect("blobGasUsed", used, result.blobGasUsed) }
        if let hash = result.requestsHash { try expect("requestsHash", header.requestsHash ?? .zero, hash) }
    }

    package static func expect<Value: Equatable>(
        _ field: String, _ have: Value, _ want: Value
    ) throws(BlockError) {
        if have != want { throw .header(field: field, have: "\(have)", want: "\(want)") }
    }

    private static func present(_ field: String, _ have: Bool, _ want: Bool) throws(BlockError) {
        if have != want {
            throw .header(field: field, have: have ? "present" : "absent", want: want ? "present" : "absent")
        }
    }
}

extension BlockContext {
    /// The context in which a block with this header executes.
    package init(header: Header, fork: Fork, chainID: UInt64, blobSchedule: BlobSchedule? = nil) {
        self.init(fork: fork, chainID: chainID)
        (number, timestamp, gasLimit) = (header.number, header.timestamp, header.gasLimit)
        (coinbase, prevRandao, difficulty) = (header.beneficiary, header.mixHash, header.difficulty)
        baseFee = header.baseFeePerGas ?? .zero
        excessBlobGas = header.excessBlobGas ?? 0
        if let blobSchedule { self.blobSchedule = blobSchedule }
    }
}
