#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A moment as header fields write it (RFC 9110, section 5.6.7): the form in use, and the two obsolete ones that
/// recipients must understand.
///
///     HTTPDate("Sun, 06 Nov 1994 08:49:37 GMT")
///     HTTPDate("Sunday, 06-Nov-94 08:49:37 GMT")
///     HTTPDate("Sun Nov  6 08:49:37 1994")
package struct HTTPDate: Hashable, Sendable {
    /// Seconds since 1970.
    package let seconds: Int64

    package init(seconds: Int64) { self.seconds = seconds }

    package static var now: HTTPDate { HTTPDate(seconds: Int64(time(nil))) }

    /// Nil where the text is no such date.
    package init?(_ text: String) {
        let words = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
        switch words.count {
        case 6 where words[5] == "GMT":
            guard let year = Int(words[3]) else { return nil }
            // Two digits: the century in which it is nearest, here always this one or the last.
            let isShort = words[3].count == 2
            self.init(isShort ? year + (year < 70 ? 2000 : 1900) : year, words[2], words[1], words[4])
        case 5:
            guard let year = Int(words[4]) else { return nil }
            self.init(year, words[1], words[2], words[3])
        default: return nil
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private init?(_ year: Int, _ monthName: String, _ dayText: String, _ clock: String) {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard let month = Self.months.firstIndex(of: monthName), let day = Int(dayText), (1...31).contains(day),
            (1583...9999).contains(year), parts.count == 3, (0...23).contains(parts[0]),
            (0...59).contains(parts[1]), (0...60).contains(parts[2])
        else { return nil }
        // Days from the civil calendar, with years that begin in March.
        let shifted = (month + 10) % 12
        let years = year - (month < 2 ? 1 : 0)
        let (era, inEra) = (years / 400, years % 400)
        let dayOfYear = (153 * shifted + 2) / 5 + day - 1
        let days = era * 146_097 + inEra * 365 + inEra / 4 - inEra / 100 + dayOfYear - 719_468
        seconds = Int64(days * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2])
    }
}
