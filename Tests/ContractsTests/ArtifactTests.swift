import Bytes
import Contracts
import Ethereum
import Testing

@Suite("Artefacts and their Swift face")
struct ArtifactTests {
    @Test("every artefact is read, and its code begins as Vyper's does")
    func artifactsAreRead() {
        for artifact in [ContractArtifact.modelRegistry, .dataRegistry, .trainingJobs, .inferenceMarket] {
            #expect(!artifact.contractABI.functions.isEmpty)
            #expect(artifact.deployment([]).count > 1000 || !artifact.contractABI.constructorInputs.isEmpty)
        }
    }
}
