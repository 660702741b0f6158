import Arguments
import Storage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The password of a wallet: from a file, from CAIRN_PASSWORD, or typed without an echo.
enum Password {
    static let options: [Option] = [
        .value("password-file", "file", "file whose first line is the wallet's password"),
        .value(
            "password", "text", "the password itself (others on this machine may see it)", environment: "CAIRN_PASSWORD"
        ),
    ]

    /// Asks where neither option was given.
    ///
    /// - Parameter isNew: ask twice and refuse an empty one.
    static func read(_ values: Values, for wallet: String, isNew: Bool = false) throws -> String {
        if let file = values.string("password-file") {
            let text = String(decoding: try Files.read(file), as: UTF8.self)
            return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
        }
        if let password = values.string("password") { return password }
        guard isatty(STDIN_FILENO) != 0 else {
            throw values.error(
                "the password of wallet '\(wallet)' is missing; give --password-file or set CAIRN_PASSWORD")
        }
        let password = ask("password of wallet '\(wallet)': ")
        if isNew {
            guard !password.isEmpty else { throw values.error("an empty password protects nothing; choose another") }
            guard ask("the same again: ") == password else { throw values.error("the passwords differ; try again") }
        }
        return password
    }

    /// Reads a line from the terminal with the echo off.
    private static func ask(_ prompt: String) -> String {
        Console.write(prompt, to: STDERR_FILENO)
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        var old = before
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &old)
            Console.write("\n", to: STDERR_FILENO)
        }
        return readLine() ?? ""
    }
}
