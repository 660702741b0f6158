import EVM
import JSON

/// The fork of each block, by the name that fixtures give a network: `Prague`, `PragueToOsakaAtTime15k`.
struct FixtureNetwork {
    let first: Fork
    private let firstSchedule: BlobSchedule
    private let second: (fork: Fork, schedule: BlobSchedule, time: UInt64)?

    /// A network whose rules nobody here knows.
    struct Unknown: Error, CustomStringConvertible {
        let name: String

        var description: String { "unknown network \(name)" }
    }

    init(_ name: String, blobSchedules: JSON?) throws {
        func rules(_ forkName: String) throws -> (Fork, BlobSchedule) {
            guard let fork = Fork(name: forkName) else { throw Unknown(name: name) }
            let schedule = try blobSchedules?[forkName].map { try BlobSchedule(fixture: $0) }
            return (fork, schedule ?? .initial(for: fork))
        }
        guard let to = name.firstRange(of: "To"),
            let at = name[to.upperBound...].firstRange(of: "AtTime")
        else {
            (first, firstSchedule) = try rules(name)
            second = nil
            return
        }
        (first, firstSchedule) = try rules(String(name[..<to.lowerBound]))
        let (fork, schedule) = try rules(String(name[to.upperBound..<at.lowerBound]))
        let digits = name[at.upperBound...]
        let isThousands = digits.hasSuffix("k")
        guard let number = UInt64(isThousands ? digits.dropLast() : digits) else {
            throw Unknown(name: name)
        }
        let (time, overflow) = number.multipliedReportingOverflow(by: isThousands ? 1000 : 1)
        if overflow { throw Unknown(name: name) }
        second = (fork, schedule, time)
    }

    func rules(at timestamp: UInt64) -> (Fork, BlobSchedule) {
        if let second, timestamp >= second.time { return (second.fork, second.schedule) }
        return (first, firstSchedule)
    }
}
