package import Bytes
import Crypto

extension SignedTransaction {
    /// The address whose key signed the transaction.
    ///
    /// - Parameter allowHighS: accept `s` in the upper half of the order, as before Homestead (EIP-2).
    /// - Complexity: one curve multiplication (some 30 microseconds).
    package func sender(allowHighS: Bool = false) throws(TransactionDecodingError) -> Address {
        guard !r.isZero, r < Signature.order, !s.isZero, s < Signature.order, allowHighS || s <= Signature.halfOrder
        else { throw .invalidSignature }
        guard let address = recoverAddress(hash: transaction.signingHash, signature: signature) else {
            throw .unrecoverable
        }
        return address
    }
}
