import Arguments
import Bytes
import Devchain
import JSON
import Workspace

/// `cairn chain verify`: the stored chain, executed again.
enum ChainVerifyCommand {
    static let command = Command(
        "verify", "Execute and hash the stored chain again from genesis.",
        discussion:
            "Names the first byte that is wrong: block, row, transaction and sender. Exit code 1 where there is one.",
        options: [Shared.home, Shared.json]
    ) { values in
        let console = Shared.console(values)
        var bar = ProgressBar("blocks", total: 1)
        let report = try Devchain.verify(path: Shared.workspace(values).chainDatabase) { done, total in
            if bar.total != Int(total) { bar = ProgressBar("blocks", total: Int(total)) }
            bar.update(Int(done))
        }
        var result: JSONObject = [
            "blocks": JSON(report.blocks), "transactions": .integer(Int64(report.transactions)),
            "gasUsed": JSON(report.gasUsed), "head": .string(report.head.hex0x), "fault": .null,
        ]
        if let fault = report.fault {
            result["fault"] = .string("\(fault)")
            console.finish(.object(result))
            throw Failure(.refused, "\(fault)")
        }
        console.say("\(report.blocks) blocks with \(report.transactions) transactions are as they were made")
        console.say("head \(report.head)")
        console.finish(.object(result))
    }
}
