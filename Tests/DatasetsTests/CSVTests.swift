import Datasets
import Testing

@Suite struct CSVTests {
    private func read(_ text: String, _ schema: CSVSchema = CSVSchema()) throws -> Dataset {
        try Dataset(csv: Array(text.utf8), schema: schema, name: "t.csv")
    }

    private func refusal(_ text: String, _ schema: CSVSchema = CSVSchema()) -> String {
        do {
            _ = try read(text, schema)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test func readsQuotesLineEndsAndBlanks() throws {
        let data = try read("\u{FEFF}a,\"b,\"\"c\"\"\",target\r\n1, -2.5e1 ,0\r\n\n0x1p-3,4,2")
        #expect(data.featureNames == ["a", "b,\"c\""])
        #expect(data.features == [1, -25, 0.125, 4])
        #expect(data.labels == [0, 2])
        #expect(data.classNames == ["0", "1", "2"])
    }

    @Test func textClassesAreSortedOrGiven() throws {
        #expect(try read("a,target\n1,dog\n2,cat\n").labels == [1, 0])
        let schema = CSVSchema(classNames: ["dog", "cat"])
        #expect(try read("a,target\n1,dog\n2,cat\n", schema).labels == [0, 1])
    }

    @Test func writesWhatItReads() throws {
        let data = try read("a,b,target\n0.1,-3e-40,0\n3.4028235e38,-0,1\n7,0.0625,1\n")
        #expect(try Dataset(csv: data.csv(), name: "t.csv") == data)
    }

    @Test func namesOfAnyTextComeBack() throws {
        for name in ["b ", "\t", "\u{FEFF}b", "a\r\nb", "\"\u{301}", "a\"\"", ","] {
            let data = Dataset(name: "t.csv", featureNames: [name], classNames: [name], features: [1], labels: [0])
            let back = try Dataset(csv: data.csv(), schema: CSVSchema(classNames: [name]), name: "t.csv")
            #expect(back == data, "\(name.debugDescription)")
        }
    }

    @Test func errorsNameRowAndColumn() {
        #expect(refusal("") == "t.csv: the file is empty: it needs a header row")
        #expect(refusal("a,b\n1,2\n") == "t.csv, column 'target': the column is missing; the header has a, b")
        #expect(
            refusal("a,target\n1,0\n", CSVSchema(featureNames: ["a", "z"]))
                == "t.csv, column 'z': the column is missing; the header has a, target")
        #expect(refusal("a,target\n1,0\nnan,1\n") == "t.csv, row 2, column 'a': 'nan' is not a finite number")
        #expect(refusal("a,target\n1e99,0\n") == "t.csv, row 1, column 'a': '1e99' is not a finite number")
        #expect(refusal("a,target\nabc,0\n") == "t.csv, row 1, column 'a': 'abc' is not a number")
        #expect(refusal("a,target\n,0\n") == "t.csv, row 1, column 'a': is empty: every feature must be a number")
        #expect(refusal("a,target\n1,0\n1\n") == "t.csv, row 2: has 1 fields, the header has 2")
        #expect(refusal("a,target\n1,0,9\n") == "t.csv, row 1: has 3 fields, the header has 2")
        #expect(
            refusal("a,a,target\n1,2,0\n") == "t.csv, column 'a': is twice in the header, which is a, a, target")
        #expect(
            refusal("5.1,5.1,0\n4,3,1\n")
                == "t.csv, column '5.1': is twice in the header, which is 5.1, 5.1, 0: the first row must name the columns"
        )
        #expect(
            refusal("5.1,3.5,0\n4,3,1\n")
                == "t.csv, column 'target': the column is missing; the header has 5.1, 3.5, 0: the first row must name the columns"
        )
        #expect(
            refusal("a;target\n1;2\n")
                == "t.csv, column 'target': the column is missing; the header has one column, 'a;target': fields must be separated by commas"
        )
        #expect(refusal("a,target\n") == "t.csv: there are no rows after the header")
        #expect(refusal("target\n1\n") == "t.csv: there are no feature columns")
        #expect(refusal("a,target\n\"1,0\n") == "t.csv, row 1: a quoted field does not end")
        #expect(
            refusal("a,target\n1,x\n", CSVSchema(classNames: ["y"]))
                == "t.csv, row 1, column 'target': 'x' is none of the classes y")
        #expect(
            (try? Dataset(csv: Array("a,target\n".utf8) + [0xff, 0x2c, 0x30], name: "t.csv")) == nil)
    }
}
