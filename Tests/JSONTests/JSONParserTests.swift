import JSON
import Testing

@Suite struct JSONParserTests {
    @Test func readsEveryKindOfValue() throws {
        let json = try JSON(parsing: #" { "a" : [ 1 , -2.5, true, false, null ] , "b" : { } , "c" : [ ] , "d":"x" } "#)
        #expect(json == ["a": [1, -2.5, true, false, nil], "b": [:], "c": [], "d": "x"])
        #expect(try JSON(parsing: "\"\"") == "")
        #expect(try JSON(parsing: "0") == 0)
    }

    @Test(arguments: [
        ("0", JSON.integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number("9223372036854775808")),
        ("999999999999999999", .integer(999_999_999_999_999_999)), ("-0", .number("-0")), ("1.0", .double(1)),
        ("1e3", .double(1000)), ("0.1", .double(0.1)), ("1E-400", .double(0)), ("1e400", .number("1e400")),
        ("0.123456789012345678", .number("0.123456789012345678")),
        ("123456789012345678901234567890", .number("123456789012345678901234567890")),
    ])
    func keepsNumbersExactly(text: String, expected: JSON) throws {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\uD834\uDD1E""#, "\u{1D11E}"), ("\"é€𝄞\"", "é€𝄞"), (#""a\u0000b""#, "a\0b"),
    ])
    func readsEscapes(text: String, expected: String) throws {
        #expect(try JSON(parsing: text) == .string(expected))
    }

    @Test(arguments: [
        "", " ", "{", "[", "]", "}", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1,", "{\"a\":1,}", "{a:1}",
        "{1:2}", "{\"a\" 1}", "[1 2]", "tru", "nul", "falsee", "True", "01", "-", "-a", "1.", ".5", "1e", "1e+", "+1",
        "0x10", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"",
        "\"\n\"", "\"\u{1}\"", "1 2", "[] []", "NaN", "Infinity", "'a'", "/* */1", "[1,,2]", "\u{FEFF}1", "-01", "2.e3",
    ])
    func refusesMalformedText(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func refusesInvalidUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] {
            #expect(throws: JSONError.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
            #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0x5C, 0x6E] + bytes + [0x22]) }
        }
    }

    @Test func saysWhereAndWhatIsWrong() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n  \"a\": 1,\n  \"b\": ?\n}") }
        #expect(error == .syntax("want a value, found '?'", offset: 19, line: 3, column: 8))
        #expect(
            error?.description == "invalid JSON at line 3, column 8 (byte 19): want a value, found '?'")
    }

    @Test func limitsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(128))
        #expect(throws: JSONError.self) { try JSON(parsing: nested(129)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 1_000_000)) }
        // Siblings do not add up.
        _ = try JSON(parsing: "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]")
    }

    @Test func anyPrefixOfAValidTextIsSafe() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null,{"b":{}}],"é":"€"}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text[..<length])) }
        }
        _ = try JSON(parsing: text)
    }
}
