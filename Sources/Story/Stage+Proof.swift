import Bytes
import Contracts
import Devchain
import Federation
import Ledger
import Referee
import Storage

extension Stage {
    /// Step 9: the watcher verifies everything; then a byte of a copy is flipped, and is named.
    func prove(_ contracts: ProtocolContracts) async throws -> (LineageReport, StorySummary.Tampering) {
        progress(.step(9, "Tamper and prove"))
        let report = try await LineageVerifier(contracts: contracts, blobs: blobs).run { [progress] step in
            if case .block(let block, let head) = step { progress(.progress(done: Int(block), of: Int(head))) }
        }
        let store = try Devchain.verify(path: configuration.chainPath)
        if report.isSound, store.fault == nil {
            let (updates, rounds) = report.jobs.reduce((0, 0)) { ($0.0 + $1.updates.count, $0.1 + $1.closings.count) }
            say(
                "the watcher verified \(report.blocks.blocks) blocks, \(report.data.count) data commitments, "
                    + "\(updates) updates, \(rounds) rounds, all payments and \(report.requests.count) prediction; "
                    + "\(store.blocks) blocks executed again")
        } else {
            for finding in report.findings { say("WRONG: \(finding)") }
            if let fault = store.fault { say("WRONG: \(fault)") }
        }
        return (report, try await tamper(contracts, report))
    }

    /// Flips one byte of a copy of the chain's file, in an update that the seed chooses.
    private func tamper(
        _ contracts: ProtocolContracts, _ report: LineageReport
    ) async throws -> StorySummary.Tampering {
        guard let updates = report.jobs.first?.updates, !updates.isEmpty else {
            throw ChainError(.notFound, "the chain holds no update that could be altered")
        }
        let update = updates[Int(cast.root.w0 % UInt64(updates.count))]
        let path = configuration.tamperedPath
        for suffix in ["", "-wal"] where Files.exists(configuration.chainPath + suffix) {
            try Files.write(Files.read(configuration.chainPath + suffix), to: path + suffix)
        }
        guard let transaction = update.place.transaction else {
            throw ChainError(.notFound, "the update of round \(update.round) names no transaction")
        }
        let byte = 300 + Int(cast.root.w1 % 4_000)
        _ = try Devchain.tamper(path: path, transaction: transaction, byte: byte)
        say("one bit of a copy is flipped: byte \(byte) of a stored transaction in block \(update.place.block ?? 0)")
        let fault = try Devchain.verify(path: path).fault
        var genesis = genesis
        genesis.path = path
        let copy = try Devchain(genesis)
        let findings = try await LineageVerifier(
            contracts: ProtocolContracts(at: contracts.addresses, on: copy), blobs: blobs
        ).run().findings
        await copy.close()
        let named = findings.first {
            $0.place.block == update.place.block && $0.place.round == update.round && $0.place.party == update.holder
        }
        if let named {
            say("the watcher names it: \(named)")
        } else {
            say("the watcher did not notice")
        }
        let detected = named != nil && fault?.block == update.place.block
        return StorySummary.Tampering(
            place: update.place, path: path, storeFault: fault?.description, findings: findings, detected: detected)
    }
}
