package import Bytes
import Crypto

/// The randomness of a job, fixed on chain when it starts, after every commitment that it concerns.
package enum JobSeed {
    /// A chain that starts as `keccak256(jobId (32 bytes) || seed)` and takes in each holder's salt, in the order in
    /// which they joined, as `keccak256(chain || salt)`.
    package static func seed(job: UInt64, seed: Hash32, salts: some Sequence<Hash32>) -> Hash32 {
        salts.reduce(keccak256(U256(job).hash, seed)) { keccak256($0, $1) }
    }

    /// A holder's salt: unguessable for others before it is sent, the same again after a restart.
    ///
    /// - Parameter secret: 32 bytes that only the holder knows.
    package static func salt(secret: Hash32, job: UInt64, holder: Address) -> Hash32 {
        var hash = Keccak256()
        hash.update(Array("cairn.salt.v1".utf8))
        hash.update(secret)
        hash.update(U256(job).hash)
        hash.update(holder.bytes)
        return hash.finalize()
    }
}
