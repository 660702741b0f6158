import Bytes
import Datasets
import Testing
import Training

@Suite struct DigitsExperimentTests {
    @Test func fiveSeedsReachCentralTraining() throws {
        var federated: Float = 0
        var central: Float = 0
        for number in 1...5 {
            let experiment = try DigitsExperiment(seed: Hash32(0, 0, 0, UInt64(number)))
            print("seed \(number): federated \(experiment.federated.accuracy), central \(experiment.central.accuracy)")
            federated += experiment.federated.accuracy / 5
            central += experiment.central.accuracy / 5
        }
        print("mean: federated \(federated), central \(central)")
        #expect(federated >= 0.94)
        #expect(abs(federated - central) <= 0.03)
    }

    @Test func oneSeedGivesOneHashOnOneThreadOrTwo() throws {
        let seed = Hash32(0, 0, 0, 7)
        let one = try DigitsExperiment(seed: seed, threads: 1)
        let two = try DigitsExperiment(seed: seed, threads: 2)
        #expect(FixedPoint.hash(one.parameters) == FixedPoint.hash(two.parameters))
        #expect(one.central == two.central)
    }
}
