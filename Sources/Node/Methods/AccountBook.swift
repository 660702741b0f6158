import Bytes
import Crypto

/// The wallets that a node holds for its users.
struct AccountBook: Sendable {
    /// In the order in which they were given.
    let addresses: [Address]
    private let keys: [Address: PrivateKey]

    init(_ keys: [PrivateKey]) {
        addresses = keys.map(\.address)
        self.keys = Dictionary(zip(addresses, keys)) { first, _ in first }
    }

    /// - Throws: geth's "unknown account".
    func key(of address: Address) throws -> PrivateKey {
        guard let key = keys[address] else { throw RPCError.server("unknown account") }
        return key
    }

    func holds(_ address: Address) -> Bool { keys[address] != nil }
}
