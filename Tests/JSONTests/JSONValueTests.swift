import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func writesWhatItRead() throws {
        for text in [
            #"{"jsonrpc":"2.0","id":1,"params":["0x1",true,null,-5,1.5,[],{}]}"#, #""\"\\\n\u0001é""#,
            "123456789012345678901234567890", "-9223372036854775808", "-0",
        ] {
            #expect(try JSON(parsing: text).text == text)
        }
    }

    @Test func prettyTextReadsBack() throws {
        let json: JSON = ["a": [1, ["b": [:]]], "c": []]
        #expect(
            json.prettyText == """
                {
                  "a": [
                    1,
                    {
                      "b": {}
                    }
                  ],
                  "c": []
                }
                """)
        #expect(try JSON(parsing: json.prettyText) == json)
    }

    @Test func objectsKeepOrderAndLastValue() throws {
        let json = try JSON(parsing: #"{"z":1,"a":2,"z":3}"#)
        #expect(json.text == #"{"z":3,"a":2}"#)
        var object = JSONObject()
        for index in 0..<100 { object["k\(index)"] = .integer(Int64(index)) }
        object["k50"] = nil
        object["k99"] = "last"
        #expect(object.count == 99)
        #expect(object["k50"] == nil)
        #expect(object["k51"] == 51)
        #expect(object["k99"] == "last")
        #expect(object.keys.first == "k0")
        #expect(object.map(\.key) == object.keys)
    }

    @Test func accessorsNameWhatIsWrong() throws {
        let json: JSON = ["a": 1, "b": "x", "c": [true], "d": ["e": 2.5], "f": 18_446_744_073_709_551]
        #expect(try json.int("a") == 1)
        #expect(try json.string("b") == "x")
        #expect(try json.array("c") == [true])
        #expect(try json.object("d")["e"]?.doubleValue == 2.5)
        #expect(json["c"]?[0]?.boolValue == true)
        #expect(json["c"]?[1] == nil)
        #expect(json["a"]?["x"] == nil)
        #expect(JSON(UInt64.max).uint64Value == .max)
        #expect(JSON(UInt64.max).text == "18446744073709551615")
        let missing = #expect(throws: JSONError.self) { try json.string("q") }
        #expect(missing?.description == "\"q\": want a value, found nothing")
        let wrong = #expect(throws: JSONError.self) { try json.string("a") }
        #expect(wrong?.description == "\"a\": want a string, found a number")
        #expect(throws: JSONError.self) { try JSON.null.member("a") }
    }

    @Test func doublesRoundTrip() throws {
        var bits: UInt64 = 1
        for _ in 0..<2000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: bits)
            guard value.isFinite else { continue }
            #expect(try JSON(parsing: JSON(value).text).doubleValue == value)
        }
        #expect(JSON(Double.infinity) == .null)
    }
}
