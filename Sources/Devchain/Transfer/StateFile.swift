import Bytes
import Ethereum
import JSON
import Ledger
import Storage

/// Anvil's state JSON (`--dump-state`, `--load-state`), written and read in fixed memory.
///
///     {"block": {...}, "accounts": {"0x...": {"nonce": 1, "balance": "0x...", "code": "0x...", "storage": {...}}, ...},
///      "best_block_number": 5, "blocks": [], "transactions": []}
enum StateFile {
    /// Writes a state; tells after every account how many are written.
    static func write(_ head: ChainHead, of store: ChainStore, to path: String, progress: (Int) -> Void)
        throws(StorageError)
    {
        let view = StateView(store: store, root: head.state)
        var file = try OutputFile(path: path)
        try file.append(Array("{\"block\":\(block(head.block.header).text),\"accounts\":{".utf8))
        var count = 0
        try store.visit(head.state, wrap: { $0 }) { (leaf) throws(StorageError) in
            guard case .account(let account) = leaf else { return }
            let code = try view.code(hash: account.codeHash).hex0x
            try file.append(
                Array(
                    ((count == 0 ? "" : ",")
                        + "\"\(account.address.hex0x)\":{\"nonce\":\(account.nonce),\"balance\":"
                        + "\"\(account.balance.hexQuantity)\",\"code\":\"\(code)\",\"storage\":{").utf8))
            var slots = 0
            try store.visit(account.storage, wrap: { $0 }) { (leaf) throws(StorageError) in
                guard case .slot(let slot) = leaf else { return }
                let entry = "\"\(slot.slot.hash.hex0x)\":\"\(slot.value.hash.hex0x)\""
                try file.append(Array(((slots == 0 ? "" : ",") + entry).utf8))
                slots += 1
            }
            try file.append([UInt8(ascii: "}"), UInt8(ascii: "}")])
            count += 1
            progress(count)
        }
        let rest = "},\"best_block_number\":\(head.number),\"blocks\":[],\"transactions\":[]}\n"
        try file.append(Array(rest.utf8))
        try file.finish()
    }

    /// The environment of a block: numbers as every version of anvil reads them.
    static func block(_ header: Header) -> JSON {
        [
            "number": .string(U256(header.number).hexQuantity), "beneficiary": .string(header.beneficiary.hex0x),
            "timestamp": .string(U256(header.timestamp).hexQuantity), "gas_limit": JSON(header.gasLimit),
            "basefee": JSON((header.baseFeePerGas ?? .zero).asUInt64 ?? .max), "difficulty": "0x0",
            "prevrandao": .string(header.mixHash.hex0x),
            "blob_excess_gas_and_price": [
                "excess_blob_gas": JSON(header.excessBlobGas ?? 0), "blob_gasprice": 1,
            ],
        ]
    }
}

/// Reads a state file piece by piece: changes of the state of bounded size, in order.
struct StateFileReader: ~Copyable {
    /// Bytes of a change at which it is given out.
    private static let pieceSize = 1 << 20

    private var stream: JSONStream
    private var accounts: [Address: GenesisAccount] = [:]
    private var size = 0
    private(set) var accountCount = 0
    /// Seconds since 1970, where the file says it.
    private(set) var timestamp: UInt64?

    init(path: String) throws(StorageError) { stream = try JSONStream(path: path) }

    /// Reads everything, giving each change out as soon as it is large enough.
    mutating func read(_ give: (Intervention) throws(StorageError) -> Void) throws(StorageError) {
        guard try stream.next() == UInt8(ascii: "{") else {
            throw stream.failure(
                "this is not the JSON of a state; where a tool has packed it, unpack it first (gunzip)")
        }
        var hasAccounts = false
        try stream.object { (name, stream) throws(StorageError) in
            switch name {
            case "accounts":
                hasAccounts = true
                try stream.object { (name, stream) throws(StorageError) in
                    guard let address = try? Address(hex: name) else { throw stream.failure("'\(name)' is no address") }
                    try Self.account(address, &stream, &accounts, &size, give)
                    accountCount += 1
                    if size >= Self.pieceSize { try Self.flush(&accounts, &size, give) }
                }
            case "block":
                try stream.object { (name, stream) throws(StorageError) in
                    if name == "timestamp" {
                        timestamp = Self.number(try stream.scalar())?.asUInt64
                    } else {
                        try stream.skip()
                    }
                }
            default: try stream.skip()
            }
        }
        try stream.end()
        guard hasAccounts else { throw stream.failure("the file has no accounts; is it the dump of a state?") }
        try Self.flush(&accounts, &size, give)
    }

    private static func flush(
        _ accounts: inout [Address: GenesisAccount], _ size: inout Int,
        _ give: (Intervention) throws(StorageError) -> Void
    ) throws(StorageError) {
        guard !accounts.isEmpty else { return }
        try give(.accounts(accounts))
        (accounts, size) = ([:], 0)
    }

    /// One account; storage beyond a piece's size is given out at once, behind the account itself.
    private static func account(
        _ address: Address, _ stream: inout JSONStream, _ accounts: inout [Address: GenesisAccount],
        _ size: inout Int, _ give: (Intervention) throws(StorageError) -> Void
    ) throws(StorageError) {
        var account = GenesisAccount(balance: .zero)
        var more: [U256: U256] = [:]
        var given = false
        try stream.object { (name, stream) throws(StorageError) in
            switch name {
            case "balance": account.balance = try number(name, &stream)
            case "nonce":
                guard let nonce = try number(name, &stream).asUInt64 else {
                    throw stream.failure("the nonce of \(address) does not fit into 64 bits")
                }
                account.nonce = nonce
            case "code":
                guard let text = try stream.scalar().stringValue, let code = try? [UInt8](hex: text) else {
                    throw stream.failure("the code of \(address) is no hexadecimal")
                }
                account.code = code
            case "storage":
                try stream.object { (name, stream) throws(StorageError) in
                    guard let slot = U256(name) else { throw stream.failure("'\(name)' is no slot of \(address)") }
                    more[slot] = try number("slot \(name)", &stream)
                    guard more.count >= 8192 else { return }
                    if !given {
                        // The account must stand before its storage does; its other members overwrite it later.
                        try flush(&accounts, &size, give)
                        try give(.accounts([address: GenesisAccount(balance: .zero)]))
                        given = true
                    }
                    try give(.slots(address, more))
                    more = [:]
                }
            default: try stream.skip()
            }
        }
        guard given else {
            account.storage = more
            accounts[address] = account
            size += 200 + account.code.count + 64 * more.count
            return
        }
        if !more.isEmpty { try give(.slots(address, more)) }
        try give(.balance(address, account.balance))
        try give(.nonce(address, account.nonce))
        try give(.code(address, account.code))
    }

    private static func number(_ name: String, _ stream: inout JSONStream) throws(StorageError) -> U256 {
        guard let number = number(try stream.scalar()) else { throw stream.failure("\(name) is no number") }
        return number
    }

    /// A number, as JSON or as text in any base that is usual.
    static func number(_ json: JSON) -> U256? {
        if let number = json.uint64Value { return U256(number) }
        return json.stringValue.flatMap { U256($0) }
    }
}
