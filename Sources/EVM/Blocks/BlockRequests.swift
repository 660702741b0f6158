import Bytes
import Crypto
import Ethereum

/// What contracts ask of the consensus layer at the end of a block (EIP-7685).
enum BlockRequests {
    /// Deposits (EIP-6110), withdrawals (EIP-7002), consolidations (EIP-7251): kinds without any are left out.
    static func collect(_ machine: Machine, _ receipts: [Receipt]) throws(BlockError) -> [[UInt8]] {
        var requests: [[UInt8]] = []
        var deposits: [UInt8] = [0]
        for receipt in receipts {
            for log in receipt.logs where log.address == SystemContract.deposits && log.topics.first == depositTopic {
                deposits += try deposit(log.data)
            }
        }
        if deposits.count > 1 { requests.append(deposits) }
        let contracts = [SystemContract.withdrawalRequests, SystemContract.consolidationRequests]
        for (kind, contract) in contracts.enumerated() {
            guard let outcome = machine.systemCall(to: contract.address, data: []) else {
                throw .systemContractMissing(contract.address)
            }
            switch outcome.status {
            case .success: break
            case .reverted: throw .systemContractFailed(contract.address, nil)
            case .halted(let reason): throw .systemContractFailed(contract.address, reason)
            }
            if !outcome.output.isEmpty { requests.append([UInt8(kind + 1)] + outcome.output) }
        }
        return requests
    }

    static func hash(_ requests: [[UInt8]]) -> Hash32 { sha256(requests.flatMap { sha256($0).bytes }) }

    /// The topic of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`.
    private static let depositTopic = Hash32(
        0x649b_bc62_d0e3_1342, 0xafea_4e5c_d82d_4049, 0xe7e1_ee91_2fc0_889a, 0xa790_803b_e390_38c5)

    /// The five fields of a deposit event, whose layout is fixed to the byte.
    private static func deposit(_ data: [UInt8]) throws(BlockError) -> [UInt8] {
        guard data.count == 576 else { throw .depositLog("\(data.count) bytes, want 576") }
        let fields: [(offset: Int, size: Int)] = [(160, 48), (256, 32), (320, 8), (384, 96), (512, 8)]
        var request: [UInt8] = []
        for (index, field) in fields.enumerated() {
            guard U256(bigEndian: data[32 * index..<32 * index + 32]) == U256(field.offset) else {
                throw .depositLog("field \(index) is not at \(field.offset)")
            }
            guard U256(bigEndian: data[field.offset..<field.offset + 32]) == U256(field.size) else {
                throw .depositLog("field \(index) has another size than \(field.size)")
            }
            request += data[field.offset + 32..<field.offset + 32 + field.size]
        }
        return request
    }
}
