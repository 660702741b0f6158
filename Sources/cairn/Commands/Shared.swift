import Arguments
import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Options that many commands share, and what they mean.
enum Shared {
    static let json = Option.flag("json", "print the result as one JSON object on the last line")
    static let home = Option.value(
        "home", "folder", "where this party's files are (default: ~/.cairn)", environment: "CAIRN_HOME")

    static func console(_ values: Values) -> Console { Console(isScripted: values.flag("json")) }

    static func workspace(_ values: Values) -> Workspace {
        if let path = values.string("home") { return Workspace(path: path) }
        let base = getenv("HOME").map { String(cString: $0) } ?? "."
        return Workspace(path: base + "/.cairn")
    }
}
