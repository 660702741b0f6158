import Contracts
package import Bytes
import Crypto
import Federation

/// Checks a model's record: who added what, and that every version is what it claims to come from.
///
/// Pure: a record goes in, findings come out.
package struct ModelAudit: Sendable {
    private let record: ModelRecord
    private let jobs: [UInt64: JobRecord]
    private let jobsContract: Address
    private let expectedInitial: [Int32]?

    /// - Parameters:
    ///   - record: what the chain tells of the model.
    ///   - jobs: all jobs by id.
    ///   - jobsContract: where those jobs live.
    ///   - expectedInitial: the parameters that the model's seed gives, where the program is known.
    package init(
        record: ModelRecord, jobs: [UInt64: JobRecord], jobsContract: Address, expectedInitial: [Int32]?
    ) {
        (self.record, self.jobs, self.jobsContract) = (record, jobs, jobsContract)
        self.expectedInitial = expectedInitial
    }

    package func findings() -> [Finding] {
        var check = Comparison(subject: .version, place: record.place)
        check.equal(record.owner, record.sender, "the model's owner did not register it")
        check.equal(record.id, keccak256(utf8: record.name), "the model's id is not the hash of its name")
        return check.findings + record.versions.enumerated().flatMap { version($0.element, index: $0.offset) }
            + record.deployments.flatMap(deployment)
    }

    private func version(_ version: ModelRecord.Version, index: Int) -> [Finding] {
        var check = Comparison(subject: .version, place: version.place)
        check.equal(version.number, index + 1, "the version is out of order")
        check.equal(version.sender, record.owner, "the model's owner did not add version \(version.number)")
        if let stored = version.storedHash {
            check.equal(stored, version.contentHash, "the stored parameters are not those of version \(version.number)")
        } else {
            check.fail("the parameters \(version.contentHash) of version \(version.number) are in no store")
        }
        if let trained = version.trainedBy {
            if trained.contract == jobsContract {
                let last = jobs[trained.job]?.closings.last?.contentHash
                check.equal(
                    version.contentHash, last ?? .zero,
                    "version \(version.number) is not the result of job \(trained.job)")
                if jobs[trained.job]?.closings.count != jobs[trained.job]?.creation.terms.rounds {
                    check.fail("job \(trained.job) had not finished when version \(version.number) was taken from it")
                }
            } else {
                check.fail("version \(version.number) comes from jobs at \(trained.contract), which were not audited")
            }
        } else if version.number == 1, let expectedInitial, let found = version.parameters, found != expectedInitial {
            check.fail("the first version is not what the model's seed gives")
        }
        return check.findings
    }

    private func deployment(
        _ deployment: (place: Finding.Place, version: Int, contentHash: Hash32)
    ) -> [Finding] {
        var check = Comparison(subject: .version, place: deployment.place)
        let version = record.versions.first { $0.number == deployment.version }
        check.equal(
            deployment.contentHash, version?.contentHash ?? .zero,
            "the deployed parameters are not those of version \(deployment.version)")
        return check.findings
    }
}
