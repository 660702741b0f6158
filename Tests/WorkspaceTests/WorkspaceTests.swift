import Bytes
import Contracts
import Crypto
import Ethereum
import Storage
import Testing
import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fresh folder of the system's for one test.
private func temporary() -> String { "/tmp/cairn-workspace-\(SystemRandom.bytes(8).hex)" }

private func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return String(describing: error) }
}

@Test func walletsAreKeptByNameAndOpenWithTheirPassword() throws {
    let store = Workspace(path: temporary()).wallets
    #expect(try store.list().isEmpty)
    let key = PrivateKey.random()
    try store.add(key, name: "ada", password: "secret", derivation: .light)
    #expect(try store.list() == [.init(name: "ada", address: key.address)])
    #expect(try store.key("ada", password: "secret") == key)
    var status = stat()
    #expect(stat(store.directory + "/ada.json", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
}

@Test func nothingIsOverwrittenAndErrorsNameTheRemedy() throws {
    let store = Workspace(path: temporary()).wallets
    #expect(
        message { _ = try store.key("ada", password: "") }
            == "there is no wallet 'ada' in \(store.directory); make one with 'cairn wallet new ada'")
    let key = PrivateKey.random()
    try store.add(key, name: "ada", password: "secret", derivation: .light)
    #expect(
        message { try store.add(.random(), name: "ada", password: "x", derivation: .light) }
            == "wallet 'ada' exists already (\(store.directory)/ada.json); choose another name")
    #expect(try store.key("ada", password: "secret") == key)
    #expect(message { _ = try store.key("ada", password: "Secret") }?.hasPrefix("wallet 'ada': wrong password") == true)
    #expect(message { _ = try store.key("bob", password: "") }?.hasSuffix("there are: ada") == true)
    for name in ["", "../x", "a/b", ".hidden", String(repeating: "x", count: 65)] {
        #expect(message { _ = try store.keystore(name) }?.contains("is no wallet name") == true)
    }
}

@Test func aDamagedWalletSaysSo() throws {
    let store = Workspace(path: temporary()).wallets
    try store.add(.random(), name: "ada", password: "secret", derivation: .light)
    let file = store.directory + "/ada.json"
    try Files.write(Array(try Files.read(file).dropLast(40)), to: file)
    #expect(message { _ = try store.key("ada", password: "secret") }?.contains("the keystore is damaged") == true)
}

@Test func deploymentsAreRecordedByChain() throws {
    let workspace = Workspace(path: temporary())
    #expect(try workspace.deployment(on: 5) == nil)
    let addresses = ProtocolAddresses(
        models: Address(number: 1), data: Address(number: 2), jobs: Address(number: 3), market: Address(number: 4),
        firstBlock: 17)
    let file = try workspace.record(addresses, on: 5)
    #expect(try workspace.deployment(on: 5) == addresses)
    #expect(try workspace.deployment(on: 6) == nil)
    #expect(
        message { _ = try ProtocolAddresses(file: file, chainID: 6) }
            == "\(file) is for chain 5; the endpoint is chain 6")
    // A record from before blocks were recorded: searches begin at block 0.
    let record = String(decoding: try Files.read(file), as: UTF8.self)
    try Files.write(Array(record.replacing("\"block\"", with: "\"note\"").utf8), to: file)
    #expect(try workspace.deployment(on: 5)?.firstBlock == 0)
    try Files.write(Array(record.replacing("17", with: "\"17\"").utf8), to: file)
    #expect(message { _ = try workspace.deployment(on: 5) }?.contains("no number under 'block'") == true)
    try Files.write(Array("{\"chainId\":5}".utf8), to: file)
    #expect(message { _ = try workspace.deployment(on: 5) }?.contains("no address under 'modelRegistry'") == true)
}
