import Bytes
import Ethereum
package import JSON
package import Ledger

extension BlockTag: WireReadable {
    /// A tag, a number in hexadecimal, or an object with `blockNumber` or `blockHash` (EIP-1898).
    package init(wire json: JSON) throws(WireError) {
        if case .object(let object) = json {
            switch (object["blockNumber"], object["blockHash"]) {
            case (.some, .some):
                throw WireError("cannot specify both BlockHash and BlockNumber, choose one or the other")
            case (let number?, nil): try self.init(wire: number)
            case (nil, let hash?): self = .hash(try Hash32(wire: hash))
            case (nil, nil): throw WireError("invalid block number or hash: neither blockNumber nor blockHash is there")
            }
            return
        }
        switch json {
        case .string("latest"): self = .latest
        case .string("earliest"): self = .earliest
        case .string("pending"): self = .pending
        case .string("safe"): self = .safe
        case .string("finalized"): self = .finalized
        case .string(let text) where text.utf8.count == 66: self = .hash(try Hash32(wire: json))
        case .string, .integer: self = .number(try BlockTag.number(json))
        default: throw .cannotUnmarshal(json.goKind, into: "rpc.BlockNumber")
        }
    }

    private static func number(_ json: JSON) throws(WireError) -> UInt64 {
        let number: UInt64
        do { number = try UInt64(wire: json) } catch {
            // geth reads block numbers without its JSON decoder, whose frame is left out here too.
            let start = "json: cannot unmarshal "
            let text = error.message.hasPrefix(start) ? String(error.message.dropFirst(start.count)) : error.message
            throw WireError(text.replacing(" into Go value of type hexutil.Uint64", with: ""))
        }
        guard number <= UInt64(Int64.max) else { throw WireError("block number larger than int64") }
        return number
    }
}

/// The members of an object, read by name.
struct WireObject: WireReadable {
    let object: JSONObject

    package init(wire json: JSON) throws(WireError) {
        guard case .object(let object) = json else {
            throw .cannotUnmarshal(json.goKind, into: "ethapi.TransactionArgs")
        }
        self.object = object
    }

    func optional<Value: WireReadable>(_ name: String, as type: Value.Type = Value.self) throws(WireError) -> Value? {
        guard let value = object[name], value != .null else { return nil }
        do { return try Value(wire: value) } catch {
            let field = "into Go struct field TransactionArgs.\(name) of type"
            throw WireError(error.message.replacing("into Go value of type", with: field))
        }
    }
}

extension WireObject {
    /// The first of several names for the same thing that is there.
    func first<Value: WireReadable>(of names: String...) throws(WireError) -> Value? {
        for name in names {
            if let value: Value = try optional(name) { return value }
        }
        return nil
    }
}

/// The object that `eth_call`, `eth_estimateGas` and `eth_sendTransaction` take.
package struct TransactionArguments: WireReadable {
    package var message: CallMessage
    var nonce: UInt64?
    var chainID: U256?
    var kind: UInt64?
    var blobVersionedHashes: [Hash32]
    var maxFeePerBlobGas: U256?
    var authorizations: [Authorization]
    /// Whether the caller named an access list, an empty one included.
    package var hasAccessList: Bool

    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        let data = try object.optional("data", as: WireBytes.self)?.bytes
        let input = try object.optional("input", as: WireBytes.self)?.bytes
        if let data, let input, data != input {
            throw WireError(
                "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data")
        }
        message = CallMessage(
            from: try object.optional("from"), to: try object.optional("to"), gas: try object.optional("gas"),
            value: try object.optional("value") ?? .zero, data: input ?? data ?? [])
        message.gasPrice = try object.optional("gasPrice")
        message.maxFeePerGas = try object.optional("maxFeePerGas")
        message.maxPriorityFeePerGas = try object.optional("maxPriorityFeePerGas")
        if message.gasPrice != nil, message.maxFeePerGas != nil || message.maxPriorityFeePerGas != nil {
            throw WireError("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
        }
        let list = try object.optional("accessList", as: WireList<AccessListEntry>.self)
        message.accessList = list?.elements ?? []
        hasAccessList = list != nil
        nonce = try object.optional("nonce")
        chainID = try object.optional("chainId")
        kind = try object.optional("type")
        maxFeePerBlobGas = try object.optional("maxFeePerBlobGas")
        blobVersionedHashes = try object.optional("blobVersionedHashes", as: WireList<Hash32>.self)?.elements ?? []
        authorizations = try object.optional("authorizationList", as: WireList<Authorization>.self)?.elements ?? []
    }
}

extension AccessListEntry: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        guard let address = try object.optional("address", as: Address.self) else {
            throw WireError("missing required field 'address' for AccessTuple")
        }
        let keys = try object.optional("storageKeys", as: WireList<Hash32>.self)
        self.init(address: address, storageKeys: keys?.elements ?? [])
    }
}

extension Authorization: WireReadable {
    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        guard let address = try object.optional("address", as: Address.self) else {
            throw WireError("missing required field 'address' for SetCodeAuthorization")
        }
        self.init(
            chainID: try object.optional("chainId") ?? .zero, address: address,
            nonce: try object.optional("nonce") ?? 0, yParity: try object.optional("yParity") ?? .zero,
            r: try object.optional("r") ?? .zero, s: try object.optional("s") ?? .zero)
    }
}

/// The object that `eth_getLogs` and `eth_newFilter` take.
package struct LogFilterArguments: WireReadable {
    package var filter: LogFilter
    var blockHash: Hash32?

    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        filter = LogFilter(from: .latest, to: .latest)
        blockHash = try object.optional("blockHash")
        let (from, to) = (
            try object.optional("fromBlock", as: BlockTag.self), try object.optional("toBlock", as: BlockTag.self)
        )
        if let blockHash {
            guard from == nil, to == nil else {
                throw WireError("can't specify fromBlock/toBlock with blockHash")
            }
            (filter.from, filter.to) = (.hash(blockHash), .hash(blockHash))
        } else {
            (filter.from, filter.to) = (from ?? .latest, to ?? .latest)
        }
        switch object.object["address"] {
        case nil, .null: break
        case .array(let list): for value in list { filter.addresses.append(try Address(wire: value)) }
        case let value?: filter.addresses = [try Address(wire: value)]
        }
        guard let topics = object.object["topics"], topics != .null else { return }
        guard case .array(let positions) = topics else {
            throw .cannotUnmarshal(topics.goKind, into: "[]interface {}")
        }
        for position in positions {
            switch position {
            case .null: filter.topics.append([])
            case .string: filter.topics.append([try Hash32(wire: position)])
            case .array(let choices):
                // A null among the choices matches everything.
                var hashes: [Hash32] = []
                for choice in choices where choice != .null { hashes.append(try Hash32(wire: choice)) }
                filter.topics.append(choices.contains(.null) ? [] : hashes)
            default: throw WireError("invalid topic(s)")
            }
        }
    }
}
