/// Why a keystore gave no key.
package enum KeystoreError: Error, Equatable, CustomStringConvertible {
    /// The file is no Web3 secret storage, or was damaged; the text says where.
    case corrupt(String)
    /// It is one, but of a kind that is not read; the text says which.
    case unsupported(String)
    /// The password does not open it. Where the file has no checksum, damage to its secret looks the same.
    case wrongPassword(mayBeDamaged: Bool)

    package var description: String {
        switch self {
        case .corrupt(let what):
            "the keystore is damaged (\(what)); the password is not the cause: restore the file from a backup"
        case .unsupported(let what): "the keystore cannot be read: \(what)"
        case .wrongPassword(mayBeDamaged: false): "wrong password: the keystore is intact; try again"
        case .wrongPassword(mayBeDamaged: true):
            "wrong password; if you are certain of it, the keystore may be damaged: restore the file from a backup"
        }
    }
}
