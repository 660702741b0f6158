#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// libFuzzer's driver, with the target given as a function.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ target: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// `fuzz TARGET [libFuzzer's arguments]`
@main
enum Main {
    static func main() {
        let name = CommandLine.arguments.dropFirst().first ?? ""
        let all = Targets.all.merging(FormatTargets.all) { $1 }.merging(ModelTargets.all) { $1 }
            .merging(ProgramTargets.all) { $1 }.merging(ChainTargets.all) { $1 }
        guard let target = all[name] else {
            print(
                "usage: fuzz TARGET [option...] [corpus folder...]\ntargets: \(all.keys.sorted().joined(separator: " "))"
            )
            exit(2)
        }
        // The driver sees the arguments without the target's name.
        let arguments = CommandLine.unsafeArgv
        var (count, rest) = (CommandLine.argc - 1, arguments + 1)
        rest[0] = arguments[0]
        exit(runDriver(&count, &rest, target))
    }
}
