/// The members of a JSON object in the order in which they were written.
///
/// A name stands once: setting it again keeps its place and replaces its value. Small objects are searched from
/// the front; larger ones keep an index.
package struct JSONObject: Sendable {
    package typealias Member = (key: String, value: JSON)

    private var entries: [Entry] = []
    /// Present above `indexThreshold` members.
    private var places: [String: Int]?

    struct Entry: Hashable, Sendable {
        let key: String
        var value: JSON
    }

    private static let indexThreshold = 12

    package init() {}

    package init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { self[key] = value }
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package var keys: [String] { entries.map(\.key) }
    package var values: [JSON] { entries.map(\.value) }

    /// The member's value; nil where there is none. Setting nil removes the member.
    package subscript(key: String) -> JSON? {
        get { place(of: key).map { entries[$0].value } }
        set {
            let found = place(of: key)
            switch (found, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (nil, let value?): append(key, value)
            case (let place?, nil): remove(at: place)
            case (nil, nil): break
            }
        }
    }

    private func place(of key: String) -> Int? {
        if let places { return places[key] }
        var index = 0
        while index < entries.count {
            if entries[index].key == key { return index }
            index &+= 1
        }
        return nil
    }

    private mutating func append(_ key: String, _ value: JSON) {
        // Most objects have a few members: one allocation instead of three.
        if entries.isEmpty { entries.reserveCapacity(4) }
        entries.append(Entry(key: key, value: value))
        if places != nil {
            places?[key] = entries.count - 1
        } else if entries.count > Self.indexThreshold {
            buildIndex()
        }
    }

    private mutating func remove(at place: Int) {
        entries.remove(at: place)
        if places != nil { buildIndex() }
    }

    private mutating func buildIndex() {
        var index = [String: Int](minimumCapacity: entries.count * 2)
        for (place, entry) in entries.enumerated() { index[entry.key] = place }
        places = index
    }
}

extension JSONObject: Hashable {
    package static func == (a: JSONObject, b: JSONObject) -> Bool { a.entries == b.entries }
    package func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(position: Int) -> Member { (entries[position].key, entries[position].value) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
