import Bytes
package import Contracts
import Ethereum
package import Federation
import Ledger
import Serving
package import Storage
import Training

/// What a verification found.
package struct LineageReport: Sendable {
    /// What the audit of the blocks read.
    package var blocks: BlockAudit.Result
    /// Everything that is wrong, blocks first; empty where all holds.
    package var findings: [Finding]
    package var data: [DataRecord]
    package var models: [ModelRecord]
    package var jobs: [JobRecord]
    package var requests: [InferenceRecord]
    /// How many stored blobs were hashed again.
    package var blobs: Int
    package var lineage: Lineage

    /// Whether everything holds.
    package var isSound: Bool { findings.isEmpty }

    /// What a job paid, as its events say.
    package func payments(of job: UInt64) -> PaymentTable? {
        jobs.first { $0.id == job }?.settlement.map { PaymentTable($0.payments) }
    }
}

/// A step of a verification, for whoever shows progress.
package enum VerificationStep: Hashable, Sendable {
    case block(UInt64, of: UInt64)
    case data(Int)
    case job(UInt64)
    case model(String)
    case request(UInt64)
    case blobs(Int)
}

/// Derives everything that a chain says of models, data, jobs, payments and predictions again, from a chain and the
/// addresses of the contracts alone.
///
///     let report = try await LineageVerifier(contracts: contracts, blobs: blobs).run()
///     for finding in report.findings { print(finding) }
///
/// It trusts no view where calldata, events and arithmetic can tell: hashes are computed again, senders recovered, means
/// averaged again, payments calculated again, and predictions inferred again.
package struct LineageVerifier: Sendable {
    private let contracts: ProtocolContracts
    private let blobs: BlobStore?
    private let catalogue: Catalogue
    private let scope: Scope

    /// Which blocks are hashed again.
    package enum Scope: Hashable, Sendable {
        /// All of them, and the links between them.
        case allBlocks
        /// Those in which a contract of the protocol said something; for networks that hold much else.
        case protocolBlocks
        /// All of a chain with at most so many, of a longer one those of the protocol.
        case upTo(UInt64)

        func coversAll(_ head: UInt64) -> Bool {
            switch self {
            case .allBlocks: true
            case .protocolBlocks: false
            case .upTo(let limit): head <= limit
            }
        }
    }

    /// - Parameters:
    ///   - blobs: where parameters of large models are kept; nil where there are none.
    ///   - catalogue: the programs that are known here; initial parameters and predictions of others are not derived again.
    ///   - scope: which blocks are hashed again.
    package init(
        contracts: ProtocolContracts, blobs: BlobStore? = nil, catalogue: Catalogue = .standard,
        scope: Scope = .upTo(50_000)
    ) {
        (self.contracts, self.blobs) = (contracts, blobs)
        (self.catalogue, self.scope) = (catalogue, scope)
    }

    /// Verifies everything up to the newest block.
    ///
    /// - Throws: `ChainError` where the node cannot be reached, `CancellationError`; what is wrong is a finding.
    package func run(progress: @Sendable (VerificationStep) -> Void = { _ in }) async throws -> LineageReport {
        let head = try await contracts.chain.blockNumber()
        let index = await PlaceIndex(contracts)
        let blocks = try await BlockAudit(chain: contracts.chain).run(
            scope.coversAll(head) ? Array(0...head) : index.blocks
        ) {
            progress(.block($0, of: head))
        }
        var reader = RecordReader(contracts: contracts, blobs: blobs, head: head)
        var findings = blocks.findings
        let data = try await reader.data()
        let models = try await reader.models()
        let jobs = try await reader.jobs()
        let requests = try await reader.requests(models: models)
        findings += data.flatMap(DataAudit.findings)
        progress(.data(data.count))
        for job in jobs {
            progress(.job(job.id))
            let sets = Dictionary(data.map { ($0.id, $0) }) { first, _ in first }
            let initial = self.initial(of: job, models: models)
            findings += JobAudit(record: job, data: sets, expectedInitial: initial).findings()
        }
        for model in models {
            progress(.model(model.name))
            // A model without a seed claims nothing about where its first parameters come from.
            let initial =
                model.seed.isZero
                ? nil
                : try? catalogue.initialParameters(
                    program: model.program, seed: model.seed, scaleBits: scaleBits(of: model, version: 1, jobs: jobs))
            findings += ModelAudit(
                record: model, jobs: Dictionary(jobs.map { ($0.id, $0) }) { first, _ in first },
                jobsContract: contracts.jobs.address, expectedInitial: initial ?? nil
            ).findings()
        }
        for request in requests {
            progress(.request(request.id))
            let expected = result(of: request, models: models, jobs: jobs)
            findings += InferenceAudit(record: request, expected: expected).findings()
        }
        let stored = try auditBlobs(into: &findings)
        progress(.blobs(stored))
        findings = (findings + reader.findings).map { index.completed($0) }
        var seen = Set<Finding>()
        findings = findings.filter { seen.insert($0).inserted }
        return LineageReport(
            blocks: blocks, findings: findings, data: data, models: models, jobs: jobs, requests: requests,
            blobs: stored,
            lineage: Lineage(data: data, jobs: jobs, models: models, requests: requests, findings: findings))
    }

    /// The initial parameters that the seed of the job's model gives; nil where the job starts from a later version, or
    /// the program is unknown here.
    private func initial(of job: JobRecord, models: [ModelRecord]) -> [Int32]? {
        let terms = job.creation.terms
        guard let model = models.first(where: { $0.id == terms.modelID }), !model.seed.isZero else { return nil }
        let start = model.versions.last { $0.contentHash == job.creation.contentHash }
        if let start, start.number > 1 { return nil }
        return try? catalogue.initialParameters(
            program: model.program, seed: model.seed, scaleBits: terms.scaleBits)
    }

    /// The scale of a version's integers: that of the job that trained it or started from it, 20 where there is none.
    private func scaleBits(of model: ModelRecord, version number: Int, jobs: [JobRecord]) -> Int {
        let version = model.versions.first { $0.number == number }
        let job = jobs.first { job in
            if let trained = version?.trainedBy, trained.contract == contracts.jobs.address {
                return job.id == trained.job
            }
            return job.creation.terms.modelID == model.id && job.creation.contentHash == version?.contentHash
        }
        return job?.creation.terms.scaleBits ?? 20
    }

    /// The canonical result of a request, computed again; nil where the program or the parameters are not at hand.
    private func result(of request: InferenceRecord, models: [ModelRecord], jobs: [JobRecord]) -> [UInt8]? {
        guard let model = models.first(where: { $0.id == request.request.modelID }),
            let program = catalogue.model(model.program),
            let parameters = model.versions.first(where: { $0.number == request.request.version })?.parameters
        else { return nil }
        let scale = scaleBits(of: model, version: request.request.version, jobs: jobs)
        let version = try? ServedVersion(model: program, bytes: FixedPoint.bytes(parameters), scaleBits: scale)
        return try? version?.result(request: request.id, input: request.request.input)
    }

    /// Hashes every stored blob again.
    private func auditBlobs(into findings: inout [Finding]) throws -> Int {
        guard let blobs else { return 0 }
        let names = try blobs.all()
        for name in names {
            do {
                _ = try blobs.get(name)
            } catch { findings.append(Finding(.blob, at: Finding.Place(), error.message)) }
        }
        return names.count
    }
}
