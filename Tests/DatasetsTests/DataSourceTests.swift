import Bytes
import Compression
import Datasets
import JSON
import Testing

@Suite struct DataSourceTests {
    private let seed = Hash32(1, 2, 3, 4)

    @Test func dividesRowsBySeed() throws {
        let folder = DataFolder()
        try folder.write("a,target\n" + (0..<20).map { "\($0),0\n" }.joined(), to: "t.csv")
        let split = try #require(SplitFractions("0.7,0.2,0.1"))
        let data = try DataSource.open("\(folder.path)/t.csv", schema: DataSchema(split: split, seed: seed)).data
        #expect([data.training.rows, data.validation.rows, data.test.rows] == [14, 4, 2])
        let all = data.training.features + data.validation.features + data.test.features
        #expect(all.sorted() == (0..<20).map { Float($0) }, "every row is in one part")
        #expect(data.training.features == data.training.features.sorted(), "parts keep the order of rows")
        let again = try DataSource.open("\(folder.path)/t.csv", schema: DataSchema(split: split, seed: seed)).data
        #expect(again == data)
        let other = try DataSource.open("\(folder.path)/t.csv", schema: DataSchema(split: split, seed: .zero)).data
        #expect(other != data)
        #expect(SplitFractions("0.5,0.2,0.2") == nil && SplitFractions("1,0") == nil && SplitFractions("0,1,0") == nil)
    }

    @Test func standardisesByTheTrainingRowsAlone() throws {
        let folder = DataFolder()
        try folder.write("a,b,target\n1,5,x\n3,5,y\n5,5,x\n", to: "t.csv")
        let source = try DataSource.open("\(folder.path)/t.csv", schema: DataSchema(normalisation: .standard))
        // Mean 3 and population deviation sqrt(8/3), as numpy.std; a column that does not vary is only centred.
        let step = 2 / Float((8.0 / 3).squareRoot())
        #expect(source.data.training.features == [-step, 0, 0, 0, step, 0])
        // The schema that comes out reads other rows with the same numbers and classes.
        try folder.write("b,a,target\n6,7,y\n", to: "u.csv")
        let kept = try DataSchema(json: source.schema.json.bytes, name: "schema.json")
        #expect(kept == source.schema)
        let other = try DataSource.open("\(folder.path)/u.csv", schema: kept).data.training
        #expect(other.features == [2 * step, 1] && other.labels == [1] && other.classNames == ["x", "y"])
        #expect(
            folder.refusal("t.csv", DataSchema(normalisation: .given(mean: [1, 2, 3], deviation: [1, 1, 1])))
                == "t.csv: has 2 columns, the normalisation 3 means and standard deviations")
    }

    @Test func measuresNothingOfTheRowsHeldBack() throws {
        let folder = DataFolder()
        try folder.write("a,target\n" + (0..<20).map { "\($0 * $0),0\n" }.joined(), to: "t.csv")
        let path = "\(folder.path)/t.csv"
        let plain = try DataSource.open(path, holdingBack: seed)
        let scaled = try DataSource.open(path, schema: DataSchema(normalisation: .standard), holdingBack: seed)
        #expect(scaled.rows == RowParts.heldOutTenth(of: 20, seed: seed))
        #expect([plain.data.training.rows, plain.data.validation.rows, plain.data.test.rows] == [18, 2, 0])
        let mean = Float(plain.data.training.features.reduce(0.0) { $0 + Double($1) } / 18)
        guard case .given(let means, let deviations) = scaled.schema.normalisation else {
            Issue.record("the measured numbers are not in the schema")
            return
        }
        #expect(means == [mean])
        #expect(scaled.data.validation.features == plain.data.validation.features.map { ($0 - mean) / deviations[0] })
        // A split of the schema, and rows apart in the data, are judged by instead.
        let split = try #require(SplitFractions("0.5,0.5,0"))
        let other = try DataSource.open(path, schema: DataSchema(split: split), holdingBack: seed)
        #expect(other.data.validation.rows == 10)
        // A table of numbers goes by the same rows.
        let table = try NumberTable(csv: Array("a,y\n1,5\n3,6\n8,7\n".utf8), name: "n")
        let (features, schema) = try DataSchema(normalisation: .standard).features(
            of: table, without: ["y"], training: [0, 1])
        #expect(features == [-1, 1, 6])
        #expect(schema.normalisation == .given(mean: [2], deviation: [1]))
    }

    @Test func readsCompressedTablesAndNamesWhatIsWrong() throws {
        let folder = DataFolder()
        try folder.write(Gzip.compress(Array("a,label\n1,no\n2,yes\n".utf8)), to: "t.csv.gz")
        let schema = DataSchema(columns: CSVSchema(target: "label"))
        #expect(try DataSource.open("\(folder.path)/t.csv.gz", schema: schema).data.training.features == [1, 2])
        try folder.write("a,label\n1,no\nmany,yes\n", to: "u.csv")
        #expect(folder.refusal("u.csv", schema) == "u.csv, row 2, column 'a': 'many' is not a number")
        #expect(
            folder.refusal(
                "t.csv.gz",
                DataSchema(columns: CSVSchema(target: "label"), split: try #require(SplitFractions("0.98,0.01,0.01"))))
                == "t.csv.gz: has 2 rows: a share of 0.01 for validation is none of them")
    }

    @Test func readsImagesAndLabelsAsMNISTHasThem() throws {
        let folder = DataFolder()
        let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12).map { $0 * 20 }
        let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 1]
        try folder.write(Gzip.compress(images), to: "train-images-idx3-ubyte.gz")
        try folder.write(labels, to: "train-labels-idx1-ubyte")
        try folder.write(images, to: "t10k-images-idx3-ubyte")
        try folder.write(labels, to: "t10k-labels-idx1-ubyte")
        let one = try DataSource.open("\(folder.path)/train-images-idx3-ubyte.gz")
        #expect(one.data.training.features == (0..<12).map { Float($0 * 20) } && one.rowShape == [1, 2, 3])
        #expect(one.data.training.labels == [3, 1] && one.data.training.classNames == ["0", "1", "2", "3"])
        let both = try DataSource.open(folder.path, schema: DataSchema(normalisation: .unit))
        #expect(
            both.data.training.rows == 2 && both.data.test.rows == 2 && both.data.test.features[1] == Float(20) / 255)
        #expect(DataSource.recognises("\(folder.path)/t10k-images-idx3-ubyte") && DataSource.recognises(folder.path))

        try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 3, 200], to: "t10k-labels-idx1-ubyte")
        #expect(
            folder.refusal("t10k-images-idx3-ubyte", DataSchema(columns: CSVSchema(classNames: ["0", "1", "2", "3"])))
                == "t10k-labels-idx1-ubyte, row 2: the label 200 is none of the 4 classes")
        try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 3], to: "t10k-labels-idx1-ubyte")
        #expect(
            folder.refusal("t10k-images-idx3-ubyte")
                == "t10k-labels-idx1-ubyte: has the shape [1], the images in t10k-images-idx3-ubyte are 2")
        try folder.write(images, to: "alone/x-images-idx3-ubyte")
        #expect(
            folder.refusal("alone/x-images-idx3-ubyte")
                == "alone/x-images-idx3-ubyte: has no labels beside it: alone/x-labels-idx1-ubyte is missing")
    }

    @Test func questionsNeedNoClasses() throws {
        let folder = DataFolder()
        try folder.write("a,b,target\n1,2,x\n3,4,y\n", to: "with.csv")
        try folder.write("a,b\r\n1,2\r\n3,4", to: "without.csv")
        for name in ["with.csv", "without.csv"] {
            let table = try DataSource.questions("\(folder.path)/\(name)")
            #expect(table.columns == ["a", "b"] && table.numbers == [1, 2, 3, 4])
        }
        // The columns of the schema, in its order, scaled as the training data were.
        let schema = DataSchema(
            columns: CSVSchema(featureNames: ["b", "a"]), normalisation: .given(mean: [2, 1], deviation: [2, 1]))
        #expect(try DataSource.questions("\(folder.path)/without.csv", schema: schema).numbers == [0, 0, 1, 2])
        #expect(throws: DatasetError.self) {
            try DataSource.questions("\(folder.path)/with.csv", schema: DataSchema(normalisation: .standard))
        }
        let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 51, 255]
        try folder.write(images, to: "images-idx3-ubyte")
        let scaled = DataSchema(normalisation: .unit)
        #expect(try DataSource.questions("\(folder.path)/images-idx3-ubyte", schema: scaled).numbers == [0.2, 1])
    }

    @Test func schemasSayWhatIsWrongInThem() throws {
        func refusal(_ text: String) -> String? {
            do {
                _ = try DataSchema(json: Array(text.utf8), name: "s")
                return nil
            } catch { return "\(error)" }
        }
        #expect(refusal(#"{"target": 3}"#) == "s, column 'target': must be a column's name")
        #expect(
            refusal(#"{"split": [0.5, 0.6, 0]}"#)
                == "s, column 'split': must be three fractions that sum to 1: training, validation, test")
        #expect(
            refusal(#"{"normalise": {"mean": [1], "std": [0]}}"#)?.hasPrefix("s, column 'normalise': must be 'none'")
                == true)
        #expect(
            refusal(#"{"clases": []}"#)?.hasPrefix("s, column 'clases': is no key of a schema; these are target, ")
                == true)
        #expect(refusal("[]") == "s: is no JSON object")
        #expect(refusal(#"{"classes": ["a", "a"]}"#) == "s, column 'classes': must be a list of class names")
        let text =
            #"{"target":"t","classes":["a"],"normalise":{"mean":[0.5],"std":[0.25]},"split":[0.5,0.25,0.25],"seed":"0x0000000000000000000000000000000000000000000000000000000000000001","imageSize":[3,4],"channels":1,"characters":"\\nab"}"#
        let schema = try DataSchema(json: Array(text.utf8), name: "s")
        #expect(schema.json.text == text)
    }
}
