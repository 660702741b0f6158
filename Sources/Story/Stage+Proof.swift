import Bytes
import Contracts
import Federation
import Ledger
import Referee

extension Stage {
    /// Step 9: the watcher verifies everything; then a byte of a copy is flipped, and is named.
    func prove(_ contracts: ProtocolContracts) async throws -> (LineageReport, StorySummary.Tampering) {
        progress(.step(9, "Tamper and prove"))
        let watcher = LineageVerifier(contracts: contracts, blobs: blobs, scope: scope)
        let report = try await watcher.run { [progress] step in
            if case .block(let block, let head) = step { progress(.progress(done: Int(block), of: Int(head))) }
        }
        let store = try venue.check()
        if report.isSound, store?.fault == nil {
            let (updates, rounds) = report.jobs.reduce((0, 0)) { ($0.0 + $1.updates.count, $0.1 + $1.closings.count) }
            say(
                "the watcher verified \(report.blocks.blocks) blocks, \(report.data.count) data commitments, "
                    + "\(updates) updates, \(rounds) rounds, all payments and \(report.requests.count) prediction"
                    + (store.map { "; \($0.done)" } ?? ""))
        } else {
            for finding in report.findings { say("WRONG: \(finding)") }
            if let fault = store?.fault { say("WRONG: \(fault)") }
        }
        return (report, try await tamper(contracts, report))
    }

    /// A chain of others is not read whole.
    private var scope: LineageVerifier.Scope { venue.isShared ? .protocolBlocks : .upTo(50_000) }

    /// Flips one bit of an update that the seed chooses, and lets the watcher look.
    private func tamper(
        _ contracts: ProtocolContracts, _ report: LineageReport
    ) async throws -> StorySummary.Tampering {
        guard let updates = report.jobs.first?.updates, !updates.isEmpty else {
            throw ChainError(.notFound, "the chain holds no update that could be altered")
        }
        let update = updates[Int(cast.root.w0 % UInt64(updates.count))]
        guard let transaction = update.place.transaction, let block = update.place.block else {
            throw ChainError(.notFound, "the update of round \(update.round) names no transaction")
        }
        let byte = 300 + Int(cast.root.w1 % 4_000)
        let forgery = try await venue.forge(transaction: transaction, byte: byte, in: block)
        say(forgery.deed)
        let findings = try await LineageVerifier(
            contracts: ProtocolContracts(at: contracts.addresses, on: forgery.chain), blobs: blobs, scope: scope
        ).run().findings
        await forgery.close()
        let named = findings.first {
            $0.place.block == block && $0.place.round == update.round && $0.place.party == update.holder
        }
        if let named {
            say("the watcher names it: \(named)")
        } else {
            say("the watcher did not notice")
        }
        return StorySummary.Tampering(
            place: update.place, path: forgery.path, storeFault: forgery.storeFault, findings: findings,
            detected: named != nil && forgery.isNamedByStore)
    }
}
