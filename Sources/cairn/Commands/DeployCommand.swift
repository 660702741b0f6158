import Arguments
import Bytes
import ChainClient
import Contracts
import Ethereum
import JSON
import Ledger
import Storage
import Workspace

/// `cairn deploy`: the four contracts of the protocol, in real transactions.
enum DeployCommand {
    static let command = Command(
        "deploy", "Deploy the protocol's contracts to a chain.",
        discussion: """
            Nobody, the deployer included, can pause, change or seize anything afterwards; one deployment serves any
            number of models, jobs and parties. The addresses are recorded under HOME/deployments; hand that file to
            the other parties, who give it as --contracts.
            """,
        options: [.value("out", "file", "write the record here too")] + Party.options
    ) { values in
        let party = try Party(values)
        let console = party.console
        let chainID = try await party.chain.chainID()
        let addresses = try await ProtocolAddresses.deploy(with: try party.sender()) { name, receipt in
            console.say("\(name): \(receipt.contractAddress?.checksummed ?? "") (\(receipt.gasUsed) gas)")
        }
        let file = try party.workspace.record(addresses, on: chainID)
        let record = addresses.json(chainID: chainID)
        if let out = values.string("out") { try Files.write(Array(record.prettyText.utf8) + [0x0A], to: out) }
        console.say("recorded in \(values.string("out") ?? file)")
        console.finish(record)
    }
}
