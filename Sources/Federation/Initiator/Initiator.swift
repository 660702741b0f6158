package import Bytes
package import Contracts
import Crypto
package import Ledger
import Storage
import Synchronization
package import Training

/// An initiator at work on one model and one job: registers, posts, settles, adopts the result and deploys it.
package struct Initiator: Sendable {
    /// What the initiator wants to have trained.
    package struct Plan: Sendable {
        /// The model's name in the registry.
        package var name: String
        package var model: Model
        /// What the initial parameters derive from.
        package var modelSeed: Hash32
        package var terms: JobTerms
        /// Whether the trained model is deployed at the end.
        package var deploys: Bool

        package init(name: String, model: Model, modelSeed: Hash32, terms: JobTerms, deploys: Bool) {
            (self.name, self.model, self.modelSeed) = (name, model, modelSeed)
            (self.terms, self.deploys) = (terms, deploys)
        }
    }

    package let shell: RoleShell<InitiatorRole>
    package let address: Address
    private let work: Work

    /// - Parameters:
    ///   - sender: the initiator's wallet.
    ///   - report: hears of every action that was carried out.
    package init(
        plan: Plan, reader: JobReader, sender: TransactionSender,
        report: @escaping @Sendable (InitiatorRole.Action) -> Void = { _ in }
    ) {
        let work = Work(plan: plan, reader: reader, sender: sender)
        (self.work, address) = (work, sender.address)
        shell = RoleShell(
            role: InitiatorRole(me: sender.address, terms: plan.terms, deploys: plan.deploys),
            view: { try await work.view() }, perform: { try await work.perform($0, $1) }, report: report)
    }

    /// The job's id once it is posted.
    package func job() async throws -> UInt64? { try await work.job() }
}

/// What an initiator's actions are made of.
private struct Work: Sendable {
    let plan: Initiator.Plan
    let reader: JobReader
    let sender: TransactionSender

    private let posted = PostedJob()

    init(plan: Initiator.Plan, reader: JobReader, sender: TransactionSender) {
        (self.plan, self.reader, self.sender) = (plan, reader, sender)
    }

    /// The job's id once it is posted; looked for until it is found.
    func job() async throws -> UInt64? {
        if let known = posted.id.withLock({ $0 }) { return known }
        let found = try await reader.job(of: sender.address, terms: plan.terms)
        posted.id.withLock { $0 = found }
        return found
    }

    private var contracts: ProtocolContracts { reader.contracts }
    private var modelID: Hash32 { ModelRegistry.id(of: plan.name) }

    func view() async throws -> InitiatorRole.View {
        let me = sender.address
        let waits = try await contracts.chain.transactionWaits(of: me)
        let (block, now) = try await reader.present()
        let tag = BlockTag.number(block)
        let owner = try await contracts.models.owner(of: modelID, at: tag)
        var view = InitiatorRole.View(
            block: block, now: now, owner: owner, versions: 0, adopted: false, deployed: false, job: nil,
            balance: try await contracts.chain.balance(of: me, at: tag), transactionWaits: waits)
        guard owner == me else { return view }
        let model = try await contracts.models.model(plan.name, at: tag)
        view.versions = model.versions
        guard let job = try await job() else { return view }
        view.job = try await reader.view(job, block: block, now: now)
        let newest = try await contracts.models.version(modelID, model.versions, at: tag)
        view.adopted = newest.jobs == contracts.jobs.address && newest.jobID == job
        view.deployed = model.deployed == model.versions
        return view
    }

    func perform(_ action: InitiatorRole.Action, _ view: InitiatorRole.View) async throws -> UInt64 {
        let call: ContractCall
        switch action {
        case .register: call = try register()
        case .post(let escrow): call = try post(escrow: escrow)
        case .start: call = contracts.jobs.start(try id(view))
        case .close: call = contracts.jobs.closeRound(try id(view))
        case .settle: call = contracts.jobs.settle(try id(view))
        case .adopt:
            call = contracts.models.adoptJob(name: plan.name, jobs: contracts.jobs.address, job: try id(view))
        case .deploy: call = contracts.models.deploy(name: plan.name, version: view.versions)
        }
        return try await sender.send(call).blockNumber
    }

    private func id(_ view: InitiatorRole.View) throws -> UInt64 {
        guard let job = view.job else { throw ChainError(.notFound, "the job is not posted") }
        return job.id
    }

    /// The initial parameters in bytes.
    private func initialBytes() throws -> [UInt8] {
        let parameters = plan.model.initialParameters(seed: plan.modelSeed)
        return FixedPoint.bytes(try FixedPoint(scaleBits: plan.terms.scaleBits).encode(parameters))
    }

    private func register() throws -> ContractCall {
        let bytes = try initialBytes()
        let program = plan.model.programHash
        switch plan.terms.rule {
        case .inContract:
            return contracts.models.registerModel(
                name: plan.name, program: program, seed: plan.modelSeed, parameters: bytes)
        case .byContentHash:
            guard let blobs = reader.blobs else { throw FederationError.noStore("the parameters of '\(plan.name)'") }
            return contracts.models.registerLargeModel(
                name: plan.name, program: program, seed: plan.modelSeed, contentHash: try blobs.put(bytes),
                size: bytes.count)
        }
    }

    private func post(escrow: U256) throws -> ContractCall {
        let bytes = try initialBytes()
        switch plan.terms.rule {
        case .inContract:
            return contracts.jobs.createJob(plan.terms, initialParameters: bytes, escrow: escrow)
        case .byContentHash:
            guard let blobs = reader.blobs else { throw FederationError.noStore("the parameters of '\(plan.name)'") }
            let hash = try blobs.put(bytes)
            return contracts.jobs.createJob(plan.terms, initialParameters: hash.bytes, escrow: escrow)
        }
    }
}

/// The id of the job, once it is known.
private final class PostedJob: Sendable {
    let id = Mutex<UInt64?>(nil)
}
