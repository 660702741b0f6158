import HTTP
import Testing

@Suite struct HTTPHeadersTests {
    @Test(
        "a token is found in a list whatever surrounds it, empty items included",
        arguments: [
            ("upgrade", true), ("keep-alive, Upgrade", true), (" , Upgrade", true), ("Upgrade, ", true),
            (",\t,UPGRADE ,", true),
            ("", false), (" ", false), (", ,", false), ("upgraded", false), ("keep alive upgrade", false),
            (", \u{fffd}\u{fffd}", false),
        ])
    func tokens(value: String, isThere: Bool) {
        #expect(
            HTTPHeaders(dictionaryLiteral: ("Connection", value)).contains(token: "upgrade", in: "connection")
                == isThere)
    }
}
