import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct MnemonicTests {
    @Test func equalsEthAccount() throws {
        let cases = try Vectors.load("wallet").array("mnemonics")
        #expect(cases.count == 11)
        for item in cases {
            let phrase = try item.string("phrase")
            let passphrase = try item.string("passphrase")
            let mnemonic = try Mnemonic(parsing: phrase)
            #expect(Mnemonic(entropy: try item.hexBytes("entropy")) == mnemonic)
            #expect(mnemonic.phrase == phrase)
            #expect(try mnemonic.seed(passphrase: passphrase) == item.hexBytes("seed"))
            let master = HDKey(seed: try item.hexBytes("seed"))
            for (path, secret) in try item.object("keys") {
                let key = try master.derived(along: HDPath(parsing: path)).key
                #expect(key.secretBytes.hex0x == secret.stringValue, "\(path)")
            }
            #expect(
                try mnemonic.key(account: 7, passphrase: passphrase).secretBytes.hex0x
                    == item.object("keys")["m/44'/60'/0'/0/7"]?.stringValue)
        }
    }

    /// BIP-32, test vector 1.
    @Test func bip32() throws {
        let master = HDKey(seed: try [UInt8](hex: "000102030405060708090a0b0c0d0e0f"))
        #expect(master.key.secretBytes.hex == "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35")
        #expect(
            try master.derived(along: HDPath(parsing: "m/0'/1/2h/2/1000000000")).key.secretBytes.hex
                == "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8")
    }

    @Test func theDevelopersMnemonicGivesTheKnownAccount() throws {
        let mnemonic = try Mnemonic(parsing: "  Test test test test test test test test test test test\n junk ")
        #expect(try mnemonic.key().address.checksummed == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
    }

    @Test func randomMnemonicsReadBack() throws {
        for count in [12, 15, 18, 21, 24] {
            let mnemonic = Mnemonic.random(wordCount: count)
            #expect(mnemonic.words.count == count)
            #expect(try Mnemonic(parsing: mnemonic.phrase) == mnemonic)
            #expect(!"\(mnemonic)".contains(mnemonic.words[0]))
        }
    }

    @Test func explainsWhatIsWrong() throws {
        #expect(throws: MnemonicError.wrongCount(0)) { try Mnemonic(parsing: "") }
        #expect(throws: MnemonicError.wrongCount(13)) {
            try Mnemonic(parsing: String(repeating: "abandon ", count: 13))
        }
        #expect(throws: MnemonicError.wrongChecksum) {
            try Mnemonic(parsing: String(repeating: "abandon ", count: 12))
        }
        let good = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
        let error = #expect(throws: MnemonicError.self) {
            try Mnemonic(parsing: good.replacing("about", with: "abouts"))
        }
        #expect(
            error?.description
                == "word 12 of the mnemonic, \"abouts\", is not in the English list; did you mean about, above?")
        #expect(throws: MnemonicError.passphraseNotASCII) { try Mnemonic(parsing: good).seed(passphrase: "é") }
    }

    @Test(arguments: ["", "m/", "44'/60'", "m/44''", "m/2147483648", "m/-1", "m/x", "m//1", "m/1/"])
    func refusesMalformedPaths(text: String) {
        let error = #expect(throws: HDPathError.self) { try HDPath(parsing: text) }
        #expect(error?.text == text)
    }

    @Test func pathsReadAsWritten() throws {
        #expect(try HDPath(parsing: "m").steps.isEmpty)
        #expect(try HDPath(parsing: "m/44'/60h/0H/0/5") == HDPath.ethereum(account: 5))
    }
}
