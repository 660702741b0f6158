/// Collects the findings of comparisons about one thing.
struct Comparison {
    let subject: Finding.Subject
    let place: Finding.Place
    private(set) var findings: [Finding] = []

    init(subject: Finding.Subject, place: Finding.Place) { (self.subject, self.place) = (subject, place) }

    /// Notes a finding where the values differ.
    mutating func equal<Value: Equatable & CustomStringConvertible>(
        _ found: Value, _ expected: Value, _ message: String
    ) {
        if found != expected {
            findings.append(
                Finding(subject, at: place, message, expected: expected.description, found: found.description))
        }
    }

    mutating func add(_ finding: Finding) { findings.append(finding) }

    mutating func fail(_ message: String) { findings.append(Finding(subject, at: place, message)) }
}
