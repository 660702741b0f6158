import Bytes
import Datasets
import Testing

@Suite struct DigitsTests {
    @Test func theBundledImagesAreAllThere() throws {
        let digits = try Digits.load()
        #expect(digits.rows == 1797)
        #expect(digits.columns == 64)
        #expect(digits.classCounts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        #expect(digits.features(ofRow: 0)[..<8] == [0, 0, 0.3125, 0.8125, 0.5625, 0.0625, 0, 0])
        #expect(digits.labels[..<5] == [0, 1, 2, 3, 4])
        #expect(digits.features.allSatisfy { (0...1).contains($0) && $0 * 16 == ($0 * 16).rounded() })
    }

    @Test func aRowIsCommittedAsBigEndianFloats() throws {
        let leaf = try Digits.load().leaf(ofRow: 1)
        #expect(leaf.count == 65 * 4)
        #expect(leaf[..<16] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0x40, 0, 0])
        #expect(leaf[256...] == [0x3f, 0x80, 0, 0])
        #expect(floats(bigEndian: leaf)?.count == 65)
        #expect(floats(bigEndian: leaf.dropLast()) == nil)
    }

    @Test func splitsTakeEveryRowOnce() throws {
        let digits = try Digits.load()
        let seed = Hash32(1, 2, 3, 4)
        let (training, heldOut) = digits.heldOutTenth(seed: seed)
        #expect(training.rows == 1618)
        #expect(heldOut.rows == 179)
        for (count, alpha) in [(1, Float(1)), (5, 1), (5, 0.1), (40, 100)] {
            let shards = try training.dirichletShards(count, alpha: alpha, seed: seed)
            #expect(shards.count == count)
            #expect(shards.allSatisfy { $0.rows > 0 })
            let pooled = Dataset.pooled(shards)
            #expect(pooled.rows == training.rows)
            #expect(
                (0..<pooled.rows).map { pooled.leaf(ofRow: $0).hex }.sorted()
                    == (0..<training.rows).map { training.leaf(ofRow: $0).hex }.sorted())
        }
        #expect(throws: DatasetError.self) { try heldOut.dirichletShards(180, alpha: 1, seed: seed) }
        #expect(throws: DatasetError.self) { try heldOut.dirichletShards(2, alpha: .nan, seed: seed) }
    }

    @Test func aSmallAlphaSkewsTheClasses() throws {
        let training = try Digits.load().heldOutTenth(seed: .zero).training
        func skew(_ alpha: Float) throws -> Int {
            try training.dirichletShards(5, alpha: alpha, seed: .zero).reduce(0) { $0 + ($1.classCounts.max() ?? 0) }
        }
        #expect(try skew(0.1) > skew(1))
        #expect(try skew(1) > skew(100))
    }

    @Test func shardsSurviveTheWayThroughCSV() throws {
        let shard = try Digits.load().dirichletShards(20, alpha: 0.2, seed: .zero)[3]
        var back = try Dataset(csv: shard.csv(), schema: Digits.schema, name: shard.name)
        back.name = shard.name
        #expect(back == shard)
    }
}
