package import Bytes

/// Contracts that the protocol itself calls at the edges of a block. A chain that starts under their fork carries them
/// in its genesis.
package struct SystemContract: Sendable {
    package let address: Address
    /// The code that the EIP deploys.
    package let code: [UInt8]
    package let since: Fork

    /// Who calls them.
    package static let caller = Address(.max, .max, 0xffff_fffe)
    /// What each call may use; it does not count to the block's gas.
    package static let gas: Int64 = 30_000_000

    /// Those that `fork` has, in order of address.
    package static func all(in fork: Fork) -> [SystemContract] {
        [beaconRoots, blockHashes, withdrawalRequests, consolidationRequests].filter { fork >= $0.since }
    }

    /// Beacon block roots (EIP-4788).
    package static let beaconRoots = SystemContract(
        "0x000f3df6d732807ef1319fb7b8bb8522d0beac02", .cancun,
        "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff8106"
            + "90815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500")

    /// Hashes of past blocks (EIP-2935).
    package static let blockHashes = SystemContract(
        "0x0000f90827f1c53a10cb7a02335b175320002935", .prague,
        "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff814303"
            + "11604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500")

    /// Withdrawals asked for by contracts (EIP-7002).
    package static let withdrawalRequests = SystemContract(
        "0x00000961ef480eb55e80d19ad83579a64c007002", .prague,
        "3373fffffffffffffffffffffffffffffffffffffffe1460cb5760115f54807fffffffffffffffffffffffffffffffffffff"
            + "ffffffffffffffffffffffffffff146101f457600182026001905f5b5f821115606857810190830284830290049160010191"
            + "90604d565b909390049250505036603814608857366101f457346101f4575f5260205ff35b34106101f45760015460010160"
            + "0155600354806003026004013381556001015f35815560010160203590553360601b5f5260385f601437604c5fa060010160"
            + "0355005b6003546002548082038060101160df575060105b5f5b8181146101835782810160030260040181604c0281546060"
            + "1b8152601401816001015481526020019060020154807fffffffffffffffffffffffffffffffff0000000000000000000000"
            + "0000000000168252906010019060401c908160381c81600701538160301c81600601538160281c81600501538160201c8160"
            + "0401538160181c81600301538160101c81600201538160081c81600101535360010160e1565b910180921461019557906002"
            + "556101a0565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            + "ffffff14156101cd57505f5b6001546002828201116101e25750505f6101e8565b01600290035b5f555f600155604c025ff3"
            + "5b5f5ffd")

    /// Consolidations asked for by contracts (EIP-7251).
    package static let consolidationRequests = SystemContract(
        "0x0000bbddc7ce488642fb579f8b00f3a590007251", .prague,
        "3373fffffffffffffffffffffffffffffffffffffffe1460d35760115f54807fffffffffffffffffffffffffffffffffffff"
            + "ffffffffffffffffffffffffffff1461019a57600182026001905f5b5f821115606857810190830284830290049160010191"
            + "90604d565b9093900492505050366060146088573661019a573461019a575f5260205ff35b341061019a5760015460010160"
            + "0155600354806004026004013381556001015f358155600101602035815560010160403590553360601b5f5260605f601437"
            + "60745fa0600101600355005b6003546002548082038060021160e7575060025b5f5b81811461012957828101600402600401"
            + "81607402815460601b815260140181600101548152602001816002015481526020019060030154905260010160e9565b9101"
            + "80921461013b5790600255610146565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffff"
            + "ffffffffffffffffffffffffff141561017357505f5b6001546001828201116101885750505f61018e565b01600190035b5f"
            + "555f6001556074025ff35b5f5ffd")

    /// The deposit contract of the beacon chain, whose logs become requests (EIP-6110).
    package static let deposits = Address(0x0000_0000_219a_b540, 0x356c_bb83_9cbe_0530, 0x3d77_05fa)

    private init(_ address: String, _ since: Fork, _ code: String) {
        do {
            self.address = try Address(hex: address)
            self.code = try [UInt8](hex: code)
        } catch {
            preconditionFailure("a system contract is written wrong: \(error)")
        }
        self.since = since
    }
}
