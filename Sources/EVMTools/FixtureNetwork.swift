import EVM
import JSON

/// The fork of each block, by the name that fixtures give a network: `Prague`, `PragueToOsakaAtTime15k`.
struct FixtureNetwork {
    let first: Fork
    private let firstSchedule: BlobSchedule
    private let second: (fork: Fork, schedule: BlobSchedule, time: UInt64)?

    init(_ name: String, blobSchedules: JSON?) throws {
        func rules(_ name: String) throws -> (Fork, BlobSchedule) {
            guard let fork = Fork(name: name) else { throw FixtureError("unknown network \(name)") }
            let schedule = try blobSchedules?[name].map { try BlobSchedule(fixture: $0) }
            return (fork, schedule ?? .initial(for: fork))
        }
        guard let to = name.firstRange(of: "To"), let at = name.firstRange(of: "AtTime") else {
            (first, firstSchedule) = try rules(name)
            second = nil
            return
        }
        (first, firstSchedule) = try rules(String(name[..<to.lowerBound]))
        let (fork, schedule) = try rules(String(name[to.upperBound..<at.lowerBound]))
        let digits = name[at.upperBound...]
        guard let time = digits.hasSuffix("k") ? UInt64(digits.dropLast()).map({ $0 * 1000 }) : UInt64(digits) else {
            throw FixtureError("unknown network \(name)")
        }
        second = (fork, schedule, time)
    }

    func rules(at timestamp: UInt64) -> (Fork, BlobSchedule) {
        if let second, timestamp >= second.time { return (second.fork, second.schedule) }
        return (first, firstSchedule)
    }
}
