package import JSON

/// What a run over fixtures came to.
package struct FixtureReport: Sendable {
    package var passed = 0
    package var failed = 0
    /// Cases that cannot be judged here, and why.
    package var unsupported: [String] = []
    /// Name of the case, and what went wrong.
    package var failures: [(name: String, reason: String)] = []

    package init() {}

    package mutating func add(_ name: String, _ verdict: Verdict) {
        switch verdict {
        case .passed: passed += 1
        case .unsupported(let what): unsupported.append("\(name): \(what)")
        case .failed(let reason):
            failed += 1
            failures.append((name, reason))
        }
    }

    /// The object that the commands print as their last line.
    package var json: JSON {
        .object([
            "passed": .integer(Int64(passed)), "failed": .integer(Int64(failed)),
            "unsupported": .integer(Int64(unsupported.count)),
            "failures": .array(failures.map { .string("\($0.name): \($0.reason)") }),
        ])
    }
}

/// What became of one case.
package enum Verdict: Equatable, Sendable {
    case passed
    case failed(String)
    case unsupported(String)
}
