package import Bytes
import Crypto

/// Rows of float32 features with a class each.
package struct Dataset: Sendable, Equatable {
    package var name: String
    package var featureNames: [String]
    package var classNames: [String]
    /// Row-major, `rows * columns`.
    package var features: [Float]
    /// The class of each row, an index into `classNames`.
    package var labels: [Int32]

    /// - Precondition: `features` holds one number per row and column.
    package init(name: String, featureNames: [String], classNames: [String], features: [Float], labels: [Int32]) {
        precondition(features.count == featureNames.count * labels.count, "one number per row and column")
        self.name = name
        self.featureNames = featureNames
        self.classNames = classNames
        self.features = features
        self.labels = labels
    }

    package var columns: Int { featureNames.count }
    package var rows: Int { labels.count }

    package func features(ofRow row: Int) -> [Float] { Array(features[row * columns..<(row + 1) * columns]) }

    /// The rows at the given positions, in that order.
    package func selecting(_ positions: [Int], name: String? = nil) -> Dataset {
        var chosen: [Float] = []
        chosen.reserveCapacity(positions.count * columns)
        for row in positions { chosen += features[row * columns..<(row + 1) * columns] }
        return Dataset(
            name: name ?? self.name, featureNames: featureNames, classNames: classNames, features: chosen,
            labels: positions.map { labels[$0] })
    }

    /// All rows of several data sets of one schema, in order.
    ///
    /// - Precondition: there is at least one, and all have the same columns and classes.
    package static func pooled(_ parts: [Dataset]) -> Dataset {
        precondition(!parts.isEmpty, "nothing to pool")
        let first = parts[0]
        precondition(
            parts.allSatisfy { $0.featureNames == first.featureNames && $0.classNames == first.classNames },
            "pooled data sets share a schema")
        return Dataset(
            name: "pooled", featureNames: first.featureNames, classNames: first.classNames,
            features: parts.flatMap(\.features), labels: parts.flatMap(\.labels))
    }

    /// How many rows each class has.
    package var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: classNames.count)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }

    // MARK: Commitments

    /// The bytes of a row as the data commitment hashes them: features, then the label, each float32 big endian.
    package func leaf(ofRow row: Int) -> [UInt8] {
        bigEndianBytes(of: features[row * columns..<(row + 1) * columns]) + bigEndianBytes(of: [Float(labels[row])])
    }

    /// keccak256 of the names of the columns and of the classes, each ended by a zero byte, a further one between the two lists.
    package var schemaHash: Hash32 {
        var bytes: [UInt8] = []
        for name in featureNames { bytes += Array(name.utf8) + [0] }
        bytes.append(0)
        for name in classNames { bytes += Array(name.utf8) + [0] }
        return keccak256(bytes)
    }
}

/// float32 numbers as four bytes each, big endian.
package func bigEndianBytes(of values: some Sequence<Float>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.underestimatedCount * 4)
    for value in values {
        let bits = value.bitPattern
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
    return bytes
}

/// The float32 numbers in big-endian bytes, or nil when the length is no multiple of four.
package func floats(bigEndian bytes: some Collection<UInt8>) -> [Float]? {
    guard bytes.count % 4 == 0 else { return nil }
    var values: [Float] = []
    values.reserveCapacity(bytes.count / 4)
    var bits: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
        bits = bits << 8 | UInt32(byte)
        if index % 4 == 3 { values.append(Float(bitPattern: bits)) }
    }
    return values
}
