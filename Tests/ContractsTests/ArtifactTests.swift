import Bytes
import Contracts
import Crypto
import Ethereum
import JSON
import Testing

@Suite("Artefacts")
struct ArtifactTests {
    static let artifacts: [ContractArtifact] = [
        .arbiter, .dataRegistry, .inferenceMarket, .modelRegistry, .trainingJobs,
    ]

    @Test("every embedded ABI and bytecode is the artefact in contracts/artifacts", arguments: artifacts)
    func embeddedIsCommitted(artifact: ContractArtifact) throws {
        let file = try Repository.json("contracts/artifacts/\(artifact.name).json")
        #expect(try JSON(parsing: artifact.abi) == file.member("abi"))
        #expect(try file.string("bytecode") == "0x" + artifact.bytecode)
        #expect(try file.string("compiler") == artifact.compiler)
    }

    @Test("every entry of every ABI has the selector or topic of its signature", arguments: artifacts)
    func signatures(artifact: ContractArtifact) throws {
        let abi = try ContractABI(json: JSON(parsing: artifact.abi))
        for function in abi.functions {
            #expect(function.selector == Array(keccak256(utf8: function.signature).bytes.prefix(4)))
        }
        for event in abi.events { #expect(event.topic == keccak256(utf8: event.signature)) }
        #expect(Set(abi.functions.map(\.selector)).count == abi.functions.count)
    }

    @Test("the calls that people already write have the selectors that their tools compute")
    func knownSelectors() throws {
        let abi = try ContractABI(json: JSON(parsing: ContractArtifact.modelRegistry.abi))
        let signatures = Set(abi.functions.map(\.signature))
        for wanted in [
            "submitModel(string,bytes)", "getModel(string)", "trainModel()", "deployModel()", "modelVersion()",
            "owner()",
            "inferModel(bytes)", "set_model(bytes)", "set_predictions(bytes)",
        ] { #expect(signatures.contains(wanted)) }
        #expect(Set(abi.events.map(\.signature)).isSuperset(of: ["ModelTrained(uint256)", "ModelDeployed(uint256)"]))
    }
}
