import Arguments

/// `cairn chain`: the embedded Ethereum chain as an endpoint for any client.
enum ChainCommand {
    static let command = Command(
        "chain", "Run, check and move the embedded Ethereum chain; read any Ethereum.",
        subcommands: [
            ChainRunCommand.command, ChainVerifyCommand.command, ChainTransferCommands.export,
            ChainTransferCommands.import,
        ] + ChainReadCommands.commands + [ChainWatchCommand.command])
}
