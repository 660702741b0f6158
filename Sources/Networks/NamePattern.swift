/// Names by a pattern: `*` stands for any characters, `?` for one, a comma for "or".
package struct NamePattern: Sendable, Equatable {
    package let text: String
    private let alternatives: [[Character]]

    package init(_ text: String) {
        self.text = text
        alternatives = text.split(separator: ",").map { Array($0) }
    }

    package func matches(_ name: String) -> Bool {
        let name = Array(name)
        return alternatives.contains { Self.matches($0, name) }
    }

    /// Goes on greedily, and back to the last star when stuck. Complexity: O(pattern * name).
    private static func matches(_ pattern: [Character], _ name: [Character]) -> Bool {
        var (place, position) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
