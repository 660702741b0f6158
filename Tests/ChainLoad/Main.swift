import Devchain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `ChainLoad run PATH`: sends transactions for ever and names each one whose receipt it saw, a line each.
/// `ChainLoad wait PATH`: names each that was acknowledged, with transactions that wait, behind gaps and for blocks that come later.
/// `ChainLoad bench PATH COUNT`: measures; prints what it measured, a line each.
/// `ChainLoad grow PATH FROM TO`: puts accounts into the state.
/// `ChainLoad growth PATH ACCOUNTS BLOCKS TRANSFERS`: measures blocks of transfers to so many accounts.
/// `ChainLoad blobs DIRECTORY [LIMIT]`: puts blobs into a store; files may not be longer than the limit.
/// `ChainLoad verify PATH`: executes the stored chain again.
@main
struct Main {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "run" where arguments.count == 3: try await Workload(path: arguments[2]).runForever()
            case "wait" where arguments.count == 3: try await PoolLoad(path: arguments[2]).runForever()
            case "bench" where arguments.count == 4:
                try await Measurement(path: arguments[2], count: Int(arguments[3]) ?? 1000).run()
            case "grow" where arguments.count == 5:
                try await StateGrowth(path: arguments[2]).grow((Int(arguments[3]) ?? 0)..<(Int(arguments[4]) ?? 0))
            case "growth" where arguments.count == 6:
                try await StateGrowth(path: arguments[2]).measure(
                    accounts: Int(arguments[3]) ?? 1, blocks: Int(arguments[4]) ?? 1, transfers: Int(arguments[5]) ?? 1)
            case "blobs" where arguments.count == 3 || arguments.count == 4:
                try BlobLoad(directory: arguments[2], limit: arguments.dropFirst(3).first.flatMap { UInt64($0) }).run()
            case "verify" where arguments.count == 3:
                let report = try Devchain.verify(path: arguments[2])
                print("\(report.blocks) blocks, \(report.transactions) transactions verified")
                if let fault = report.fault {
                    print("fault: \(fault)")
                    exit(1)
                }
            default:
                print(
                    "usage: ChainLoad run PATH | wait PATH | bench PATH COUNT | grow PATH FROM TO | "
                        + "growth PATH ACCOUNTS BLOCKS TRANSFERS | verify PATH | blobs DIRECTORY [LIMIT]"
                )
                exit(2)
            }
        } catch {
            print("ChainLoad: \(error)")
            exit(1)
        }
    }
}
