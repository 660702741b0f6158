import Bytes

/// Where a model comes from and what it was used for, as a graph to look at: data, holders, rounds, versions,
/// predictions.
package struct Lineage: Sendable {
    /// The columns of the picture, from the left.
    package enum Kind: Int, CaseIterable, Sendable, CustomStringConvertible {
        case data, holder, round, version, prediction

        package var description: String {
            switch self {
            case .data: "Data"
            case .holder: "Holders"
            case .round: "Rounds"
            case .version: "Versions"
            case .prediction: "Predictions"
            }
        }
    }

    /// One thing.
    package struct Node: Sendable {
        package var id: String
        package var kind: Kind
        package var title: String
        package var detail: String
        /// A whole hash, say.
        package var hint: String
        /// A finding is about it.
        package var isBroken: Bool
    }

    package private(set) var nodes: [Node] = []
    package private(set) var edges: [(from: String, to: String)] = []

    package init(
        data: [DataRecord], jobs: [JobRecord], models: [ModelRecord], requests: [InferenceRecord], findings: [Finding]
    ) {
        let broken = Broken(findings)
        for set in data {
            add(
                "data\(set.id)", .data, "data set \(set.id)", "\(set.rows) rows", "root \(set.root)",
                broken.contains(block: set.place.block))
        }
        for job in jobs { add(job, broken) }
        for model in models {
            for version in model.versions {
                let id = "model\(model.id.hex)v\(version.number)"
                let title = "\(model.name.isEmpty ? "unnamed" : model.name) v\(version.number)"
                let deployed = model.deployments.contains { $0.version == version.number }
                add(
                    id, .version, title, deployed ? "deployed" : Self.short(version.contentHash),
                    "parameters \(version.contentHash)", broken.contains(block: version.place.block))
                if let job = version.trainedBy?.job, let last = jobs.first(where: { $0.id == job })?.closings.last {
                    edges.append((from: "job\(job)round\(last.round)", to: id))
                } else if let job = jobs.first(where: { $0.creation.contentHash == version.contentHash }) {
                    edges.append((from: id, to: "job\(job.id)round1"))
                }
            }
        }
        for request in requests {
            let result = request.decision?.resultHash.map(Self.short) ?? "no result"
            add(
                "request\(request.id)", .prediction, "request \(request.id)", result,
                "result \(request.decision?.resultHash?.hex0x ?? "none")", broken.contains(request: request.id))
            edges.append(
                (from: "model\(request.request.modelID.hex)v\(request.request.version)", to: "request\(request.id)"))
        }
    }

    private mutating func add(_ job: JobRecord, _ broken: Broken) {
        for join in job.joins {
            let id = "job\(job.id)holder\(join.holder.hex)"
            let count = job.updates.count { $0.holder == join.holder }
            add(
                id, .holder, Self.short(join.holder), "\(count) updates", "holder \(join.holder)",
                broken.contains(party: join.holder))
            edges.append((from: "data\(join.dataID)", to: id))
        }
        for closing in job.closings {
            let id = "job\(job.id)round\(closing.round)"
            add(
                id, .round, "round \(closing.round)", Self.short(closing.contentHash),
                "\(closing.updates) updates, \(closing.rows) rows, parameters \(closing.contentHash)",
                broken.contains(round: closing.round, block: closing.place.block))
            for update in job.updates where update.round == closing.round {
                edges.append((from: "job\(job.id)holder\(update.holder.hex)", to: id))
            }
            if closing.round > 1 { edges.append((from: "job\(job.id)round\(closing.round - 1)", to: id)) }
        }
    }

    private mutating func add(
        _ id: String, _ kind: Kind, _ title: String, _ detail: String, _ hint: String, _ isBroken: Bool
    ) {
        nodes.append(Node(id: id, kind: kind, title: title, detail: detail, hint: hint, isBroken: isBroken))
    }

    private static func short(_ hash: Hash32) -> String { "\(hash.hex0x.prefix(10))…" }
    private static func short(_ address: Address) -> String { "\(address.hex0x.prefix(8))…" }
}

/// What findings are about.
private struct Broken {
    private var blocks: Set<UInt64> = []
    private var rounds: Set<Int> = []
    private var parties: Set<Address> = []
    private var requests: Set<UInt64> = []

    init(_ findings: [Finding]) {
        for place in findings.map(\.place) {
            if let block = place.block { blocks.insert(block) }
            if let round = place.round { rounds.insert(round) }
            if let party = place.party { parties.insert(party) }
            if let request = place.request { requests.insert(request) }
        }
    }

    func contains(block: UInt64?) -> Bool { block.map(blocks.contains) ?? false }
    func contains(round: Int, block: UInt64?) -> Bool { rounds.contains(round) || contains(block: block) }
    func contains(party: Address) -> Bool { parties.contains(party) }
    func contains(request: UInt64) -> Bool { requests.contains(request) }
}
