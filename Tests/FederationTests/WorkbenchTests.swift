import Bytes
import Contracts
import Datasets
import Federation
import SmallWorld
import Testing
import Training

@Suite("Training of one holder's rounds")
struct WorkbenchTests {
    static let terms = {
        var terms = RoleSimulationTests.terms()
        terms.program = SmallWorld.model.programHash
        terms.optimiser = Optimiser.digits.hash
        terms.parameterCount = SmallWorld.model.parameterCount
        return terms
    }()

    static func order(round: Int = 1, holder: Int = 0) -> Workbench.Order {
        Workbench.Order(
            job: 1, round: round, holder: holder, jobSeed: .zero,
            parameters: [Int32](repeating: 1 << 10, count: SmallWorld.model.parameterCount))
    }

    @Test("the same order gives the same update on any bench; another round or place another one")
    func reproducible() async throws {
        let shard = try Digits.load().selecting(Array(0..<40))
        let (one, two) = (
            Workbench(catalogue: SmallWorld.catalogue), Workbench(catalogue: SmallWorld.catalogue, threads: 2)
        )
        let update = try await one.update(Self.order(), terms: Self.terms, shard: shard)
        #expect(try await one.update(Self.order(), terms: Self.terms, shard: shard) == update)
        #expect(try await two.update(Self.order(), terms: Self.terms, shard: shard) == update)
        #expect(try await one.update(Self.order(round: 2), terms: Self.terms, shard: shard) != update)
        #expect(try await one.update(Self.order(holder: 1), terms: Self.terms, shard: shard) != update)
        #expect(try await one.update(Self.order(), terms: Self.terms, shard: shard) == update)
    }

    @Test("an unknown program, an unknown optimiser and data of another shape are refused in words")
    func refusals() async throws {
        let shard = try Digits.load().selecting(Array(0..<4))
        let bench = Workbench(catalogue: SmallWorld.catalogue)
        var terms = Self.terms
        terms.program = .zero
        await #expect(throws: FederationError.unknownProgram(.zero)) {
            try await bench.update(Self.order(), terms: terms, shard: shard)
        }
        terms = Self.terms
        terms.optimiser = .zero
        await #expect(throws: FederationError.unknownOptimiser(.zero)) {
            try await bench.update(Self.order(), terms: terms, shard: shard)
        }
        let narrow = Dataset(
            name: "narrow", featureNames: ["a", "b"], classNames: shard.classNames, features: [1, 2], labels: [0])
        await #expect(throws: FederationError.wrongShape(columns: 2, wanted: 64)) {
            try await bench.update(Self.order(), terms: Self.terms, shard: narrow)
        }
    }
}
