extension JSON {
    /// The member of an object; nil where this is no object or has no such member.
    package subscript(key: String) -> JSON? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element of an array; nil where this is no array or is shorter.
    package subscript(index: Int) -> JSON? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }

    package var isNull: Bool { self == .null }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// The number as an `Int`; nil for everything else, numbers with fractions or exponents included.
    package var intValue: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    /// The number as a `UInt64`; nil for everything else.
    package var uint64Value: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .number(let text): UInt64(text)
        default: nil
        }
    }

    /// The number rounded to a `Double`; nil for everything else and where it is out of range.
    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        case .number(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }
}

// MARK: - Access that says what is wrong

extension JSON {
    /// The member, which must be there.
    package func member(_ key: String) throws(JSONError) -> JSON {
        guard case .object(let object) = self else {
            throw .mismatch(path: "", expected: "an object with \"\(key)\"", found: kindName)
        }
        guard let value = object[key] else {
            throw .mismatch(path: key, expected: "a value", found: "nothing")
        }
        return value
    }

    package func string(_ key: String) throws(JSONError) -> String {
        try member(key, "a string", \.stringValue)
    }

    package func bool(_ key: String) throws(JSONError) -> Bool {
        try member(key, "a boolean", \.boolValue)
    }

    package func int(_ key: String) throws(JSONError) -> Int {
        try member(key, "a whole number", \.intValue)
    }

    package func uint64(_ key: String) throws(JSONError) -> UInt64 {
        try member(key, "a whole number that is not negative", \.uint64Value)
    }

    package func double(_ key: String) throws(JSONError) -> Double {
        try member(key, "a number", \.doubleValue)
    }

    package func array(_ key: String) throws(JSONError) -> [JSON] {
        try member(key, "an array", \.arrayValue)
    }

    package func object(_ key: String) throws(JSONError) -> JSONObject {
        try member(key, "an object", \.objectValue)
    }

    private func member<Value>(
        _ key: String, _ expected: String, _ read: (JSON) -> Value?
    ) throws(JSONError) -> Value {
        let value = try member(key)
        guard let result = read(value) else {
            throw .mismatch(path: key, expected: expected, found: value.kindName)
        }
        return result
    }
}
