#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `ChainLoad run PATH`: sends transactions for ever and names each one that was acknowledged, a line each.
/// `ChainLoad bench PATH COUNT`: measures; prints what it measured, a line each.
/// `ChainLoad accounts PATH MOST`: measures blocks as the state grows to so many accounts.
@main
struct Main {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "run" where arguments.count == 3: try await Workload(path: arguments[2]).runForever()
            case "bench" where arguments.count == 4:
                try await Measurement(path: arguments[2], count: Int(arguments[3]) ?? 1000).run()
            case "accounts" where arguments.count == 4:
                try await StateGrowth(path: arguments[2], most: Int(arguments[3]) ?? 100_000).run()
            default:
                print("usage: ChainLoad run PATH | bench PATH COUNT | accounts PATH MOST")
                exit(2)
            }
        } catch {
            print("ChainLoad: \(error)")
            exit(1)
        }
    }
}
