import CSecp256k1

/// The one context of libsecp256k1, with its tables and its blinding.
enum Secp256k1 {
    /// Safe to share: after creation only functions that take a `const` context are called with it.
    nonisolated(unsafe) static let context: OpaquePointer = {
        let flags = UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)
        guard let context = secp256k1_context_create(flags) else {
            preconditionFailure("libsecp256k1 could not allocate its context")
        }
        // Blinding defends against side channels; a refusal (never seen) leaves the unblinded context valid.
        _ = secp256k1_context_randomize(context, SystemRandom.bytes(32))
        return context
    }()
}
