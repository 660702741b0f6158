import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Storage

/// What the genesis block of a chain was made from, as the chain's file keeps it.
struct GenesisDocument {
    var chainID: UInt64
    var fork: Fork
    var gasLimit: UInt64
    var coinbase: Address
    /// Wei per gas.
    var baseFee: U256
    var timestamp: UInt64
    var seed: Hash32
    var accounts: [Address: GenesisAccount]

    init(_ configuration: DevchainConfiguration, now: UInt64) {
        (chainID, fork) = (configuration.chainID, configuration.fork)
        (gasLimit, coinbase) = (configuration.gasLimit, configuration.coinbase)
        (baseFee, seed) = (configuration.initialBaseFeePerGas, configuration.seed)
        timestamp = configuration.genesisTimestamp ?? now
        accounts = configuration.genesis
    }

    /// The RLP of the document.
    var encoded: [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in
            list.append(chainID)
            list.append(UInt64(fork.rawValue))
            list.append(gasLimit)
            list.append(coinbase)
            list.append(baseFee)
            list.append(timestamp)
            list.append(seed)
            list.append(encoded: Self.encode(accounts))
        }
        return encoder.bytes
    }

    init(decoding bytes: [UInt8]) throws(RLPError) {
        var outer = RLPReader(bytes)
        var reader = try outer.list()
        chainID = try reader.uint64()
        let number = try reader.uint64()
        guard let fork = Fork(rawValue: UInt8(clamping: number)), fork >= .cancun else {
            throw .unknown("rules number \(number)", offset: reader.offset)
        }
        self.fork = fork
        gasLimit = try reader.uint64()
        coinbase = try reader.address()
        baseFee = try reader.u256()
        timestamp = try reader.uint64()
        seed = try reader.hash()
        accounts = try Self.decode(reader: try reader.list())
        try reader.end()
        try outer.end()
    }

    /// Names what has to agree between a chain's file and the configuration that opens it.
    var identity: Hash32 {
        var encoder = RLPEncoder()
        encoder.list { list in
            list.append(chainID)
            list.append(UInt64(fork.rawValue))
            list.append(baseFee)
            list.append(seed)
            list.append(encoded: Self.encode(accounts))
        }
        return keccak256(encoder.bytes)
    }

    static func encode(_ accounts: [Address: GenesisAccount]) -> [UInt8] {
        var encoder = RLPEncoder()
        encoder.list { list in
            for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
                list.list { entry in
                    entry.append(address)
                    entry.append(account.balance)
                    entry.append(account.nonce)
                    entry.append(account.code)
                    entry.list { slots in
                        for (slot, value) in account.storage.sorted(by: { $0.key < $1.key }) {
                            slots.append(slot)
                            slots.append(value)
                        }
                    }
                }
            }
        }
        return encoder.bytes
    }

    static func decode(reader list: RLPReader) throws(RLPError) -> [Address: GenesisAccount] {
        var (list, accounts) = (list, [Address: GenesisAccount]())
        while !list.isAtEnd {
            var entry = try list.list()
            let address = try entry.address()
            var account = GenesisAccount(balance: try entry.u256(), nonce: try entry.uint64(), code: try entry.array())
            var slots = try entry.list()
            while !slots.isAtEnd {
                let slot = try slots.u256()
                account.storage[slot] = try slots.u256()
            }
            accounts[address] = account
        }
        return accounts
    }

    /// The accounts with the contracts that the fork's rules call.
    var allAccounts: [Address: GenesisAccount] {
        var all = accounts
        for contract in SystemContract.all(in: fork) where all[contract.address]?.code.isEmpty ?? true {
            all[contract.address] = GenesisAccount(
                balance: all[contract.address]?.balance ?? .zero, nonce: 1, code: contract.code)
        }
        return all
    }

    /// The genesis block's header over a state root.
    func header(stateRoot: Hash32) -> Header {
        var header = Header()
        header.ommersHash = Hash32.emptyOmmers
        header.beneficiary = coinbase
        header.stateRoot = stateRoot
        header.transactionsRoot = emptyTrieRoot
        header.receiptsRoot = emptyTrieRoot
        header.gasLimit = gasLimit
        header.timestamp = timestamp
        header.mixHash = Sequencer.prevRandao(seed: seed, number: 0)
        header.baseFeePerGas = baseFee
        header.withdrawalsRoot = emptyTrieRoot
        header.blobGasUsed = 0
        header.excessBlobGas = 0
        header.parentBeaconBlockRoot = .zero
        if fork >= .prague { header.requestsHash = Self.noRequests }
        return header
    }

    /// The requests hash of a block without requests: SHA-256 of nothing (EIP-7685).
    static let noRequests = Hash32(
        0xe3b0_c442_98fc_1c14, 0x9afb_f4c8_996f_b924, 0x27ae_41e4_649b_934c, 0xa495_991b_7852_b855)
}

extension StateDiff {
    /// The change that makes `accounts` out of nothing.
    init(_ accounts: [Address: GenesisAccount]) {
        self.init()
        for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
            var info = AccountInfo(nonce: account.nonce, balance: account.balance)
            if !account.code.isEmpty {
                info.codeHash = keccak256(account.code)
                codes[info.codeHash] = account.code
            }
            let slots = account.storage.filter { !$0.value.isZero }.sorted { $0.key < $1.key }
            self.accounts.append(
                AccountChange(
                    address: address, before: nil, after: info, storageCleared: true,
                    storage: slots.map { SlotChange(slot: $0.key, before: .zero, after: $0.value) }))
        }
    }
}
