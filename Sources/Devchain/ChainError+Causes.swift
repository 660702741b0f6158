import Bytes
import Ledger
import Storage

extension ChainError {
    /// What a failure of the store means to somebody who asked the chain.
    init(_ error: StorageError) {
        switch error.kind {
        case .notFound: self.init(.notFound, error.message)
        default: self.init(.storage, error.message)
        }
    }

    init(_ failure: BlockFailure) {
        switch failure {
        case .storage(let error): self.init(error)
        case .invalid(let error): self.init(.storage, "the block that was being made is invalid: \(error)")
        }
    }
}

extension U256 {
    /// The 64 bits of a signed number.
    init(bits value: Int64) { self.init(UInt64(bitPattern: value)) }
}
