package import Bytes

extension Machine {
    /// Runs a bare message call: no transaction around it, no intrinsic gas, no refund, nothing paid for gas.
    ///
    /// Sender, recipient and coinbase are warm. Its effects stay in the state until the caller rolls them back.
    package func messageCall(
        to: Address, from: Address, value: U256 = .zero, data: [UInt8], gas: UInt64, gasPrice: U256 = .zero
    ) -> Outcome {
        state.beginTransaction()
        prepare(origin: from, gasPrice: gasPrice, baseFee: block.baseFee, blobs: [])
        for address in [to, from, block.coinbase] { _ = state.warm(state.index(of: address)) }
        call(to: to, from: from, value: value, data: data, gas: Int64(clamping: gas))
        initCodes.removeAll(keepingCapacity: true)
        let used = gas - UInt64(max(0, result.gasLeft))
        return Outcome(
            status: result.status, gasUsed: used, gasRefunded: UInt64(max(0, refund)), gasPeak: used,
            output: returnData.pointee.bytes, encodedLogs: logs.pointee.encoded, createdAddress: nil,
            effectiveGasPrice: gasPrice, blobGasUsed: 0)
    }
}
