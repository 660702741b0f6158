import Arguments

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
enum Main {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        let code = await Root.run(Array(CommandLine.arguments.dropFirst()))
        exit(code.rawValue)
    }
}
