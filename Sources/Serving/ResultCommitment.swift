package import Bytes
import Crypto

/// The commitment to an answer, and the salt that hides it until it is shown.
package enum ResultCommitment {
    /// `keccak256(requestId (32) || server address (20) || salt (32) || result bytes)`.
    package static func hash(request: UInt64, server: Address, salt: Hash32, result: [UInt8]) -> Hash32 {
        var hash = Keccak256()
        hash.update(U256(request).hash)
        hash.update(server.bytes)
        hash.update(salt)
        hash.update(result)
        return hash.finalize()
    }

    /// The salt for one request: unguessable for others before it is shown, and the same again after a crash, so that
    /// a commitment can always be opened.
    ///
    /// - Parameter secret: 32 bytes that only the server knows.
    package static func salt(secret: Hash32, market: Address, request: UInt64) -> Hash32 {
        var hash = Keccak256()
        hash.update(Array("cairn.reveal.v1".utf8))
        hash.update(secret)
        hash.update(market.bytes)
        hash.update(U256(request).hash)
        return hash.finalize()
    }
}
