package import Bytes
import Ethereum
package import Ledger

extension TrainingJobs {
    /// Where a job stands.
    package struct Job: Hashable, Sendable {
        /// 1 open, 2 running, 3 trained, 4 finished, 5 failed.
        package var state: UInt8
        package var initiator: Address
        package var specHash: Hash32
        package var escrow: U256
        /// The round that takes updates, from 1; 0 before the start, the number of rounds after the last.
        package var round: Int
        package var deadline: UInt64
        package var updates: Int
        package var updateRows: Int
        package var rows: Int
        package var seed: Hash32
        package var accepted: Bool
        package var aggregated: Int
        package var contentHash: Hash32
    }

    /// A holder's record.
    package struct Holder: Hashable, Sendable {
        /// 0 where the address has not joined.
        package var dataID: UInt64
        package var rows: Int
        package var salt: Hash32
        package var updates: Int
    }

    package func job(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> Job {
        var values = try await read("job", [.uint(id)], at: block)
        var fields = try values.fields()
        return Job(
            state: UInt8(truncatingIfNeeded: try fields.int()), initiator: try fields.address(),
            specHash: try fields.hash(), escrow: try fields.number(), round: try fields.int(),
            deadline: try fields.uint64(), updates: try fields.int(), updateRows: try fields.int(),
            rows: try fields.int(), seed: try fields.hash(), accepted: try fields.bool(),
            aggregated: try fields.int(), contentHash: try fields.hash())
    }

    package func terms(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> JobTerms {
        var values = try await read("spec", [.uint(id)], at: block)
        var fields = try values.fields()
        return try JobTerms(&fields)
    }

    package func holder(
        _ id: UInt64, _ party: Address, at block: BlockTag = .latest
    ) async throws(ChainError) -> Holder {
        var values = try await read("holder", [.uint(id), .address(party)], at: block)
        var fields = try values.fields()
        return Holder(
            dataID: try fields.uint64(), rows: try fields.int(), salt: try fields.hash(), updates: try fields.int())
    }

    /// In the order in which they joined.
    package func holders(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> [Address] {
        var values = try await read("holders", [.uint(id)], at: block)
        return try values.addresses()
    }

    /// The newest global parameters in bytes (rule 0).
    package func parameters(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> [UInt8] {
        var values = try await read("parameters", [.uint(id)], at: block)
        return try values.bytes()
    }

    /// The global parameters after a round (rule 0); round 0 gives the initial ones.
    package func parameters(
        _ id: UInt64, after round: Int, at block: BlockTag = .latest
    ) async throws(ChainError) -> [UInt8] {
        var values = try await read("parametersAt", [.uint(id), .number(U256(round))], at: block)
        return try values.bytes()
    }

    /// The content hash of a holder's update; nil where there is none.
    package func updateHash(
        _ id: UInt64, round: Int, _ party: Address, at block: BlockTag = .latest
    ) async throws(ChainError) -> Hash32? {
        var values = try await read("updateHash", [.uint(id), .number(U256(round)), .address(party)], at: block)
        let hash = try values.hash()
        return hash.isZero ? nil : hash
    }

    /// The content hash of the global parameters after a round; nil where it is not closed.
    package func roundHash(
        _ id: UInt64, _ round: Int, at block: BlockTag = .latest
    ) async throws(ChainError) -> Hash32? {
        var values = try await read("roundHash", [.uint(id), .number(U256(round))], at: block)
        let hash = try values.hash()
        return hash.isZero ? nil : hash
    }

    /// The wei that `createJob` wants with the terms; refuses terms that it would refuse.
    package func requiredEscrow(_ terms: JobTerms, at block: BlockTag = .latest) async throws(ChainError) -> U256 {
        var values = try await read("requiredEscrow", [terms.value], at: block)
        return try values.number()
    }

    package func jobCount(at block: BlockTag = .latest) async throws(ChainError) -> UInt64 {
        var values = try await read("jobCount", at: block)
        return try values.uint64()
    }

    /// Wei that wait for a party which refused them.
    package func credit(of party: Address, at block: BlockTag = .latest) async throws(ChainError) -> U256 {
        var values = try await read("creditOf", [.address(party)], at: block)
        return try values.number()
    }
}
