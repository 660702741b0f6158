import Arguments
import Contracts
import JSON
import Ledger
import Referee
import Workspace

/// `cairn verify`: everything that a chain says of models, data, jobs, payments and predictions, derived again.
enum VerifyCommand {
    static let command = Command(
        "verify", "Derive the whole lineage again, and name what is wrong.",
        discussion: """
            Hashes every block, recovers every sender, averages every round, recalculates every payment and infers every
            prediction again, trusting no view where calldata, events and arithmetic can tell. Exit code 1 where anything is
            wrong.
            """,
        options: [
            .value(
                "blocks", "which",
                "hash all blocks, or those of the protocol alone (default: all up to 50,000 on this machine, 2,000 elsewhere)"
            )
        ] + CatalogueOptions.options + Party.readingOptions
    ) { values in
        let party = try Party(values)
        let console = party.console
        let verifier = LineageVerifier(
            contracts: try await party.contracts(), blobs: try party.blobs(),
            catalogue: try CatalogueOptions.catalogue(values), scope: try scope(values))
        let report = try await Interruption.cancelling { try await verifier.run() }
        console.say(
            "\(report.data.count) data sets, \(report.jobs.count) jobs, \(report.models.count) models, "
                + "\(report.requests.count) predictions, \(report.blobs) blobs")
        for finding in report.findings { console.say("WRONG: \(finding)") }
        console.finish([
            "sound": .bool(report.isSound), "data": .integer(Int64(report.data.count)),
            "jobs": .integer(Int64(report.jobs.count)), "models": .integer(Int64(report.models.count)),
            "requests": .integer(Int64(report.requests.count)),
            "findings": .array(report.findings.map { .string("\($0)") }),
        ])
        guard report.isSound else { throw Failure(.refused, "\(report.findings.count) findings") }
        console.say("all of it is as it should be")
    }

    /// Over a network every block costs a round trip.
    private static func scope(_ values: Values) throws -> LineageVerifier.Scope {
        switch values.string("blocks") {
        case nil: return .upTo(Endpoint.isOnThisMachine(values) ? 50_000 : 2_000)
        case "all": return .allBlocks
        case "protocol": return .protocolBlocks
        case let other?: throw values.error("--blocks takes all or protocol; '\(other)' is neither")
        }
    }
}
