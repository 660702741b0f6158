import Bytes
package import Crypto

/// Why text is no derivation path.
package struct HDPathError: Error, Equatable, CustomStringConvertible {
    package let text: String
    package var description: String {
        "\"\(text)\" is no derivation path; write one like m/44'/60'/0'/0/0, with numbers below 2147483648"
    }
}

/// The steps from a wallet's master key to one of its keys (BIP-32).
package struct HDPath: Hashable, Sendable {
    /// Numbers with the top bit set are hardened.
    package let steps: [UInt32]

    /// Reads `m/44'/60'/0'/0/0`; `h` and `H` also mark hardened steps.
    package init(parsing text: String) throws(HDPathError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "m", parts.count <= 256 else { throw HDPathError(text: text) }
        var steps = [UInt32]()
        for part in parts.dropFirst() {
            let isHardened = part.last.map { "'hH".contains($0) } ?? false
            let digits = isHardened ? part.dropLast() : part
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(digits),
                number < HDPath.hardened
            else { throw HDPathError(text: text) }
            steps.append(isHardened ? number | HDPath.hardened : number)
        }
        self.steps = steps
    }

    private init(steps: [UInt32]) { self.steps = steps }

    private static let hardened: UInt32 = 0x8000_0000

    /// `m/44'/60'/0'/0/index` (BIP-44).
    package static func ethereum(account index: UInt32) -> HDPath {
        precondition(index < hardened, "account numbers are below 2^31")
        return HDPath(steps: [44 | hardened, 60 | hardened, hardened, 0, index])
    }
}

/// A private key with the chain code that derives its children (BIP-32).
package struct HDKey: Sendable {
    package let key: PrivateKey
    let chainCode: [UInt8]

    private init(key: PrivateKey, chainCode: [UInt8]) { (self.key, self.chainCode) = (key, chainCode) }

    /// The master key of a seed.
    package init(seed: [UInt8]) {
        let digest = hmac(.sha512, key: Array("Bitcoin seed".utf8), message: seed)
        guard let key = try? PrivateKey(digest[..<32]) else {
            preconditionFailure("a seed whose master key is out of range was found; its chance is 2^-127")
        }
        self.init(key: key, chainCode: Array(digest[32...]))
    }

    /// The child key of one step.
    package func derived(_ step: UInt32) -> HDKey {
        let isHardened = step >> 31 == 1
        var message = isHardened ? [0] + key.secretBytes : key.publicKey.compressed
        message += withUnsafeBytes(of: step.bigEndian) { [UInt8]($0) }
        let digest = hmac(.sha512, key: chainCode, message: message)
        guard let child = key.adding(Hash32(digest[..<32])) else {
            preconditionFailure("a child key out of range was found; its chance is 2^-127")
        }
        return HDKey(key: child, chainCode: Array(digest[32...]))
    }

    package func derived(along path: HDPath) -> HDKey { path.steps.reduce(self) { $0.derived($1) } }
}
