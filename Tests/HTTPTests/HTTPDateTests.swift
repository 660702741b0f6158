import HTTP
import Testing

@Suite("Dates of header fields")
struct HTTPDateTests {
    @Test(
        "the three forms of RFC 9110 name the same moment",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ])
    func forms(text: String) { #expect(HTTPDate(text)?.seconds == 784_111_777) }

    /// Seconds from `calendar.timegm` of Python.
    @Test(
        "days are counted through leap years",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200), ("Mon, 28 Feb 2100 12:00:00 GMT", 4_107_499_200),
            ("Mon, 01 Mar 2100 12:00:00 GMT", 4_107_585_600), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] as [(String, Int64)])
    func leapYears(text: String, seconds: Int64) { #expect(HTTPDate(text)?.seconds == seconds) }

    @Test(
        "anything else is none",
        arguments: [
            "", "120", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999999999 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET", "2026-11-20T08:49:37Z",
        ])
    func nonsense(text: String) { #expect(HTTPDate(text) == nil) }
}
