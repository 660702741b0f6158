import Bytes

extension Withdrawal {
    /// The RLP that the withdrawals root commits to.
    package var encoded: [UInt8] {
        var encoder = RLPEncoder(reserving: 48)
        write(to: &encoder)
        return encoder.bytes
    }

    func write(to encoder: inout RLPEncoder) {
        encoder.list { encoder in
            encoder.append(index)
            encoder.append(validatorIndex)
            encoder.append(address)
            encoder.append(amount)
        }
    }

    init(from reader: inout RLPReader) throws(RLPError) {
        var fields = try reader.list()
        self.init(
            index: try fields.uint64(), validatorIndex: try fields.uint64(), address: try fields.address(),
            amount: try fields.uint64())
        try fields.end()
    }
}
