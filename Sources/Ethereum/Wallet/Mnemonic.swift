import Bytes
package import Crypto

/// Why words are no mnemonic.
package enum MnemonicError: Error, Equatable, CustomStringConvertible {
    /// Mnemonics have 12, 15, 18, 21 or 24 words.
    case wrongCount(Int)
    /// The word at this place (from 1) is not in the list; similar ones go with it.
    case unknownWord(String, place: Int, similar: [String])
    /// Every word is in the list, but together they are none: a word is wrong or two are swapped.
    case wrongChecksum
    /// Passphrases beyond ASCII would need Unicode normalisation, on which wallets disagree.
    case passphraseNotASCII

    package var description: String {
        switch self {
        case .wrongCount(let count): "a mnemonic has 12, 15, 18, 21 or 24 words, not \(count)"
        case .unknownWord(let word, let place, let similar):
            "word \(place) of the mnemonic, \"\(word)\", is not in the English list"
                + (similar.isEmpty ? "" : "; did you mean \(similar.joined(separator: ", "))?")
        case .wrongChecksum: "the mnemonic fails its checksum: a word is wrong, or two are swapped"
        case .passphraseNotASCII: "the mnemonic's passphrase may hold only ASCII characters"
        }
    }
}

/// English words that stand for a wallet's seed (BIP-39).
package struct Mnemonic: Sendable, Equatable {
    package let words: [String]

    /// A new mnemonic from the operating system's random source.
    ///
    /// - Precondition: `wordCount` is 12, 15, 18, 21 or 24.
    package static func random(wordCount: Int = 12) -> Mnemonic {
        precondition([12, 15, 18, 21, 24].contains(wordCount), "a mnemonic has 12, 15, 18, 21 or 24 words")
        return Mnemonic(entropy: SystemRandom.bytes(wordCount / 3 * 4))
    }

    /// The mnemonic of 16, 20, 24, 28 or 32 bytes.
    ///
    /// - Precondition: the count is one of these.
    package init(entropy: [UInt8]) {
        precondition([16, 20, 24, 28, 32].contains(entropy.count), "a mnemonic holds 16 to 32 bytes, in steps of 4")
        let bytes = entropy + [sha256(entropy).bytes[0]]
        let wordCount = entropy.count / 4 * 3
        words = (0..<wordCount).map { index in
            var number = 0
            for bit in index * 11..<index * 11 + 11 {
                number = number << 1 | Int(bytes[bit / 8] >> UInt8(7 - bit % 8) & 1)
            }
            return String(EnglishWords.list[number])
        }
    }

    /// Reads words separated by white space, in any case; checks every word and the checksum.
    package init(parsing text: String) throws(MnemonicError) {
        let words = text.lowercased().split { $0.isWhitespace }
        guard [12, 15, 18, 21, 24].contains(words.count) else { throw .wrongCount(words.count) }
        var bytes = [UInt8](repeating: 0, count: (words.count * 11 + 7) / 8)
        for (index, word) in words.enumerated() {
            guard let number = EnglishWords.numbers[word] else {
                let similar = EnglishWords.list.filter { $0.hasPrefix(word.prefix(3)) }.prefix(5).map(String.init)
                throw .unknownWord(String(word), place: index + 1, similar: similar)
            }
            for bit in 0..<11 where number >> (10 - bit) & 1 == 1 {
                let place = index * 11 + bit
                bytes[place / 8] |= 0x80 >> UInt8(place % 8)
            }
        }
        let entropy = Array(bytes[..<(words.count / 3 * 4)])
        self.init(entropy: entropy)
        guard self.words.elementsEqual(words, by: { $0 == $1 }) else { throw .wrongChecksum }
    }

    /// The words with spaces between them.
    package var phrase: String { words.joined(separator: " ") }

    /// The 64-byte seed of the wallet.
    ///
    /// - Complexity: 2,048 rounds of HMAC-SHA-512, about a millisecond.
    package func seed(passphrase: String = "") throws(MnemonicError) -> [UInt8] {
        guard passphrase.utf8.allSatisfy({ $0 < 0x80 }) else { throw .passphraseNotASCII }
        do {
            return try pbkdf2(
                .sha512, password: Array(phrase.utf8), salt: Array(("mnemonic" + passphrase).utf8), iterations: 2048,
                count: 64)
        } catch {
            preconditionFailure("PBKDF2 refused fixed parameters: \(error)")
        }
    }

    /// The key of an account as wallets number them: `m/44'/60'/0'/0/index` (BIP-44).
    package func key(account index: UInt32 = 0, passphrase: String = "") throws(MnemonicError) -> PrivateKey {
        let master = HDKey(seed: try seed(passphrase: passphrase))
        return master.derived(along: HDPath.ethereum(account: index)).key
    }
}

extension Mnemonic: CustomStringConvertible, CustomReflectable {
    /// Hides the words, so that no log can leak them.
    package var description: String { "Mnemonic(\(words.count) words)" }
    package var customMirror: Mirror { Mirror(self, children: ["count": words.count]) }
}
