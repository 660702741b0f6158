import Arguments

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
enum Main {
    static func main() async {
        setvbuf(stdout, nil, _IOLBF, 0)
        signal(SIGPIPE, SIG_IGN)
        let code = await Root.run(Array(CommandLine.arguments.dropFirst()))
        fflush(stdout)
        exit(code.rawValue)
    }
}
