import Arguments
import Devchain
import JSON
import Workspace

/// `cairn chain export` and `import`: a whole chain as one file.
enum ChainTransferCommands {
    static let export = Command(
        "export", "Write the stored chain into one file.",
        discussion: "A chain that runs can be exported, too. The file appears under its name when it is whole.",
        options: [Shared.home, Shared.json], positionals: [Positional("file", "where to write")]
    ) { values in
        let console = Shared.console(values)
        var bar = ProgressBar("blocks", total: 1)
        var blocks: UInt64 = 0
        try Devchain.export(path: Shared.workspace(values).chainDatabase, to: values.positionals[0]) { done, total in
            if bar.total != Int(total) { bar = ProgressBar("blocks", total: Int(total)) }
            bar.update(Int(done))
            blocks = done
        }
        console.say("\(blocks) blocks are in \(values.positionals[0])")
        console.finish(["blocks": JSON(blocks), "file": .string(values.positionals[0])])
    }

    static let `import` = Command(
        "import", "Make the chain of an exported file, executing every block.",
        discussion:
            "There must be no chain under --home yet. The first block that comes out otherwise ends the import.",
        options: [Shared.home, Shared.json], positionals: [Positional("file", "what to read")]
    ) { values in
        let console = Shared.console(values)
        let workspace = Shared.workspace(values)
        try workspace.prepareChain()
        var blocks: UInt64 = 0
        try Devchain.importChain(from: values.positionals[0], to: workspace.chainDatabase) { done in
            blocks = done
            if done.isMultiple(of: 1000) { console.say("\(done) blocks") }
        }
        console.say("\(blocks) blocks were executed and are as they were")
        console.finish(["blocks": JSON(blocks)])
    }
}
