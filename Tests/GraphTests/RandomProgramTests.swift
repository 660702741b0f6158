import Graph
import Tensor
import Testing

/// Whatever a plan fuses, overwrites or leaves out, the bytes are those of the replay.
@Suite struct RandomProgramTests {
    /// Two runs, so that moved parameters are read, too.
    @Test(arguments: 0..<24) func sessionsGiveTheBytesOfTheReplay(_ block: Int) throws {
        for seed in block * 16..<(block + 1) * 16 {
            let (program, sources) = try RandomProgram.make(UInt64(seed))
            var given = sources
            let session = try Session(Plan(program), kernels: Kernels(pool: ThreadPool(threads: 1 + seed % 2)))
            for value in program.inputs + program.parameters {
                try session.write(value, try #require(sources[program.node(value).name]))
            }
            for run in 0..<2 {
                let expected = try ReferenceExecutor.run(program, given)
                try session.run()
                for output in program.outputs {
                    #expect(
                        session.tensor(of: output.value) == expected[output.value.index],
                        "seed \(seed), run \(run), \(output.name)\n\(program)")
                }
                for update in program.updates {
                    let name = program.node(update.parameter).name
                    given[name] = expected[update.value.index]
                    #expect(
                        session.tensor(of: update.parameter) == given[name],
                        "seed \(seed), run \(run), \(name)\n\(program)")
                }
            }
        }
    }

    @Test(arguments: 0..<8) func frozenProgramsGiveTheSameOutputs(_ block: Int) throws {
        for seed in 1000 + block * 16..<1000 + (block + 1) * 16 {
            let (program, sources) = try RandomProgram.make(UInt64(seed))
            let frozen = program.freezing(sources)
            #expect(Set(frozen.parameters) == Set(program.updates.map(\.parameter)))
            let expected = try ReferenceExecutor.run(program, sources)
            let session = try Session(Plan(frozen))
            for value in frozen.inputs + frozen.parameters {
                try session.write(value, try #require(sources[program.node(value).name]))
            }
            try session.run()
            for output in program.outputs {
                #expect(session.tensor(of: output.value) == expected[output.value.index], "seed \(seed)\n\(program)")
            }
        }
    }
}
