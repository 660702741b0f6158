import Arguments
import Devchain
import JSON
import Storage
import Workspace

/// `cairn chain export` and `import`: a whole chain, or its newest state, as one file.
enum ChainTransferCommands {
    static let export = Command(
        "export", "Write the stored chain, or its newest state, into one file.",
        discussion: """
            A chain that runs can be exported, too. The file appears under its name when it is whole. With --anvil it holds
            the newest state in the JSON of anvil's --load-state: accounts with balance, nonce, code and storage.
            """,
        options: [.flag("anvil", "write the newest state as anvil's state JSON"), Shared.home, Shared.json],
        positionals: [Positional("file", "where to write")]
    ) { values in
        let console = Shared.console(values)
        let (path, target) = (Shared.workspace(values).chainDatabase, values.positionals[0])
        if values.flag("anvil") {
            var accounts = 0
            try Devchain.exportState(path: path, to: target) { accounts = $0 }
            console.say("\(accounts) accounts are in \(target)")
            return console.finish(["accounts": .integer(Int64(accounts)), "file": .string(target)])
        }
        var bar = ProgressBar("blocks", total: 1)
        var blocks: UInt64 = 0
        try Devchain.export(path: path, to: target) { done, total in
            if bar.total != Int(total) { bar = ProgressBar("blocks", total: Int(total)) }
            bar.update(Int(done))
            blocks = done
        }
        console.say("\(blocks) blocks are in \(target)")
        console.finish(["blocks": JSON(blocks), "file": .string(target)])
    }

    static let `import` = Command(
        "import", "Make the chain of an exported file, executing every block; or load a state.",
        discussion: """
            There must be no chain under --home yet. The first block that comes out otherwise ends the import.

            With --anvil the file is anvil's state JSON (--dump-state). Its accounts take the place of those that are there,
            in a new chain made with the options below or in the one under --home, whose history goes on; the blocks in it
            are passed over.
            """,
        options: [.flag("anvil", "load anvil's state JSON")] + ChainGenesis.options + [
            Shared.home, Shared.json,
        ],
        positionals: [Positional("file", "what to read")]
    ) { values in
        let console = Shared.console(values)
        let workspace = Shared.workspace(values)
        let source = values.positionals[0]
        try workspace.prepareChain()
        if values.flag("anvil") {
            let chain = try Devchain(try ChainGenesis.configuration(values, path: workspace.chainDatabase))
            do {
                let accounts = try await load(source, into: chain, console)
                await chain.close()
                return console.finish(["accounts": .integer(Int64(accounts))])
            } catch {
                await chain.close()
                throw error
            }
        }
        var blocks: UInt64 = 0
        try Devchain.importChain(from: source, to: workspace.chainDatabase) { done in
            blocks = done
            if done.isMultiple(of: 1000) { console.say("\(done) blocks") }
        }
        console.say("\(blocks) blocks were executed and are as they were")
        console.finish(["blocks": JSON(blocks)])
    }

    /// Loads a state file, saying how far it is; how many accounts it held.
    static func load(_ file: String, into chain: Devchain, _ console: Console) async throws -> Int {
        let accounts = try await chain.loadState(from: file) { done in
            if done >= 100_000, done % 100_000 < 5_000 { console.say("\(done) accounts") }
        }
        console.say("\(accounts) accounts were loaded from \(file)")
        return accounts
    }

    /// The file that a path of `--load-state` or `--dump-state` means: in a folder it is `state.json`, as for anvil.
    static func stateFile(_ path: String) -> String { Files.isDirectory(path) ? path + "/state.json" : path }
}
