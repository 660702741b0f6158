import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    /// Taking blocks back and putting others in their place.
    static let rewriting: [String: RPCMethod] = [
        "anvil_rollback": RPCMethod(1) { service, parameters in
            let depth = try parameters.optional(0, as: UInt64.self) ?? 1
            try await service.chain.rollback(blocks: depth)
            return .null
        },
        "anvil_reorg": RPCMethod(2, .long) { service, parameters in
            let depth = try parameters.read(0, as: UInt64.self)
            guard depth <= 100_000 else { throw RPCError.invalid(0, "at most 100000 blocks at a time") }
            let pairs = try parameters.optional(1, as: WireList<PlacedTransaction>.self)?.elements ?? []
            let placed = try pairs.map { (raw: try service.wireForm($0.transaction), block: $0.block) }
            try await service.chain.reorganize(depth: depth, transactions: placed)
            return .null
        },
        // geth's name for going back to a block.
        "debug_setHead": RPCMethod(1) { service, parameters in
            let number = try parameters.read(0, as: UInt64.self)
            let head = try service.chain.head.header.number
            guard number <= head else {
                throw RPCError.server("cannot set head to \(number): the chain ends at \(head)")
            }
            try await service.chain.rollback(blocks: head - number)
            return .null
        },
    ]

    /// Sending for accounts whose keys nobody has: Ganache's names, and geth's for accounts that are locked.
    static let unlocking: [String: RPCMethod] = [
        "evm_unlockUnknownAccount": RPCMethod(2) { service, parameters in try await service.unlock(parameters) },
        "evm_addAccount": RPCMethod(2) { service, parameters in try await service.unlock(parameters) },
        "personal_unlockAccount": RPCMethod(3) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            guard service.accounts.holds(address) || service.chain.isImpersonated(address) else {
                throw RPCError.server("no key for given address or file")
            }
            return true
        },
        "evm_lockUnknownAccount": RPCMethod(2) { service, parameters in
            try await service.chain.stopImpersonating(parameters.read(0))
            return true
        },
    ]
}

/// A transaction and the place of its block among new ones (`anvil_reorg`).
private struct PlacedTransaction: WireReadable {
    var transaction: JSON
    var block: Int

    init(wire json: JSON) throws(WireError) {
        guard case .array(let pair) = json, pair.count == 2 else {
            throw WireError("want pairs of a transaction and the place of its block")
        }
        transaction = pair[0]
        block = Int(clamping: try UInt64(wire: pair[1]))
    }
}

extension NodeService {
    /// Makes the blocks that `evm_mine` asks for, and tells their numbers.
    func mine(_ parameters: Parameters, most: UInt64 = 1_000_000) async throws -> Range<UInt64> {
        let count = try parameters[0]?["blocks"].map { try UInt64(wire: $0) } ?? 1
        guard count <= most else { throw RPCError.invalid(0, "at most \(most) blocks at a time") }
        let timestamp = try parameters.timestamp(0)
        let first = try chain.head.header.number + 1
        _ = try await chain.mine(blocks: count, timestamp: timestamp)
        return try first..<max(first, chain.head.header.number + 1)
    }

    fileprivate func unlock(_ parameters: Parameters) async throws -> JSON {
        try await chain.impersonate(parameters.read(0))
        return true
    }

    /// The signed form of a transaction that is given as such or as fields for an account of this node.
    fileprivate func wireForm(_ transaction: JSON) throws -> [UInt8] {
        if case .string = transaction { return try WireBytes(wire: transaction).bytes }
        let (complete, sender) = try filled(TransactionArguments(wire: transaction))
        return complete.signed(by: try accounts.key(of: sender)).encoded
    }
}
