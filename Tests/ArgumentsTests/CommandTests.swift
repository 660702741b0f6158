import Arguments
import Testing

private let root = Command(
    "cairn", "Top.",
    subcommands: [
        Command(
            "greet", "Greet somebody.",
            options: [
                .value("name", "who", "whom to greet", default: "Ada", environment: "GREET_NAME"),
                .value("times", "n", "how often"),
                .values("tag", "text", "tags"),
                .flag("loud", "shout"),
            ],
            positionals: [Positional("file", "where to write"), Positional("more", "rest", isRequired: false)]
        ) { _ in }
    ])

private func values(_ words: String..., environment: [String: String] = [:]) throws -> Values {
    guard case .run(_, let values) = try root.parse(words, environment: environment) else {
        throw ArgumentError("help was asked for")
    }
    return values
}

private func message(_ words: String...) -> String? {
    do {
        _ = try root.parse(words, environment: [:])
        return nil
    } catch { return error.message }
}

@Test func readsOptionsInBothSpellings() throws {
    let parsed = try values("greet", "--name=Bob", "--times", "3", "--tag", "a", "--tag=b", "--loud", "out.txt")
    #expect(parsed.string("name") == "Bob")
    #expect(try parsed.integer("times") == 3)
    #expect(parsed.strings("tag") == ["a", "b"])
    #expect(parsed.flag("loud"))
    #expect(parsed.positionals == ["out.txt"])
}

@Test func environmentStandsInBeforeTheDefault() throws {
    #expect(try values("greet", "f").string("name") == "Ada")
    #expect(try values("greet", "f", environment: ["GREET_NAME": "Eve"]).string("name") == "Eve")
    #expect(try values("greet", "f", "--name", "Bob", environment: ["GREET_NAME": "Eve"]).string("name") == "Bob")
}

@Test func wordsAfterTwoDashesArePositional() throws {
    #expect(try values("greet", "--", "--name", "x").positionals == ["--name", "x"])
}

@Test func refusesWithTheRemedy() {
    #expect(message("greet", "--nmae", "x", "f") == "'--nmae' is no option of 'cairn greet'; did you mean '--name'?")
    #expect(message("gret") == "'gret' is no command of 'cairn'; did you mean 'greet'?")
    #expect(message("greet", "f", "--name") == "--name takes a value; none follows it")
    #expect(message("greet", "--loud=yes", "f") == "--loud takes no value")
    #expect(message("greet") == "<file> is missing: where to write")
    #expect(message("greet", "a", "b", "c") == "'c' is one argument too many")
    #expect(message("greet", "-x", "f") == "'-x' is no option; options begin with two dashes")
}

@Test func checksNumbers() throws {
    let parsed = try values("greet", "f", "--times", "7x")
    #expect(throws: ArgumentError("--times is '7x'; it takes an integer, 0 or more", command: ["cairn", "greet"])) {
        try parsed.integer("times")
    }
    #expect(throws: ArgumentError("--name is 'Ada'; it takes one, two", command: ["cairn", "greet"])) {
        try parsed.choice("name", of: ["one", "two"])
    }
}

@Test func helpNamesEverything() throws {
    guard case .help(let text) = try root.parse(["greet", "--help"], environment: [:]) else {
        Issue.record("no help")
        return
    }
    #expect(text.contains("usage: cairn greet [options] <file> [<more>]"))
    #expect(text.contains("--name <who>  whom to greet (default: Ada) [GREET_NAME]"))
}
