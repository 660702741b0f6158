import Graph
import Tensor
import Testing

/// Programs from their bytes: what is read is written as the same bytes, and whatever is damaged is refused or is another program.
@Suite struct ProgramReadingTests {
    @Test(arguments: 0..<8) func whatIsWrittenIsRead(_ block: Int) throws {
        for seed in block * 40..<(block + 1) * 40 {
            let program = try RandomProgram.make(UInt64(seed)).program
            let read = try Program(decoding: program.encoded)
            #expect(read.encoded == program.encoded)
            #expect(read.hash == program.hash)
            #expect(read.nodes.map(\.type) == program.nodes.map(\.type))
            #expect(read.nodes.map(\.operation) == program.nodes.map(\.operation))
            #expect(
                (read.inputs + read.parameters).map { read.node($0).name }
                    == (program.inputs + program.parameters).map { program.node($0).name })
            #expect(read.outputs == program.outputs && read.updates == program.updates)
            #expect(read.derivatives == program.derivatives)
        }
    }

    @Test func everyOperationIsRead() throws {
        let program = try Self.everything()
        let read = try Program(decoding: program.encoded)
        #expect(read.encoded == program.encoded)
        #expect(Set(read.nodes.map(\.operation.name)) == Set(program.nodes.map(\.operation.name)))
        let names = read.nodes.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func cutOffProgramsAreRefused() throws {
        let bytes = try Self.everything().encoded
        for length in 0..<bytes.count {
            #expect(throws: ProgramReadingError.self) { try Program(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: ProgramReadingError.self) { try Program(decoding: bytes + [0]) }
    }

    /// Any byte changed: an error, or a program that is written as these very bytes, and that can be planned.
    @Test func damagedProgramsAreRefusedOrCanonical() throws {
        let bytes = try Self.everything().encoded
        var random = RandomTensors(9)
        for place in bytes.indices {
            for _ in 0..<4 {
                var damaged = bytes
                damaged[place] ^= UInt8(1 + random.below(255))
                guard let program = try? Program(decoding: damaged) else { continue }
                #expect(program.encoded == damaged, "byte \(place)")
                _ = Plan(program).peakBytes
            }
        }
    }

    @Test func refusalsSayWhereAndWhy() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2]))
        builder.output("y", try builder.map(.relu, x))
        let bytes = builder.finish().encoded
        func refusal(_ bytes: [UInt8]) -> [AnyHashable]? {
            do { _ = try Program(decoding: bytes) } catch { return [error.offset, error.message] }
            return nil
        }
        // magic 14, count 1, input: code, length, name, type, rank, size, operands.
        var longer = bytes
        longer[14] = 0x82
        longer.insert(0, at: 15)
        #expect(refusal(longer) == [16, "a number is longer than it must be"])
        var operand = bytes
        operand[bytes.count - 7] = 1
        #expect(throws: ProgramReadingError.self) { try Program(decoding: operand) }
        var huge = bytes
        huge.replaceSubrange(20..<21, with: [0xff, 0xff, 0xff, 0xff, 0xff, 0x3f])
        #expect(throws: ProgramReadingError.self) { try Program(decoding: huge) }
        #expect(
            refusal([UInt8](repeating: 7, count: 40)) == [14, "it does not begin as a program of version 1"])
    }

    /// One node of every operation.
    private static func everything() throws -> Program {
        var builder = ProgramBuilder()
        let x = try builder.input("relu_3", TensorType(.float32, [1, 2, 5, 5]))
        let w = try builder.parameter("w", TensorType(.float32, [2, 2, 3, 3]))
        let window = Window(kernel: [3, 3], before: [1, 1], after: [1, 1])
        let y = try builder.append(.convolve(window, groups: 1), [x, w])
        let r = try builder.map(.relu, y)
        _ = try builder.append(.convolveInputGradient(window, groups: 1, shape: [1, 2, 5, 5]), [r, w])
        let g = try builder.append(.convolveWeightGradient(window, groups: 1, shape: [2, 2, 3, 3]), [x, r])
        let pool = Window(kernel: [2, 2], stride: [2, 2])
        let p = try builder.append(.maxPool(pool), [r])
        _ = try builder.append(.maxPoolGradient(pool), [r, p])
        let s = try builder.append(.sumPool(pool), [r])
        _ = try builder.append(.sumPoolGradient(pool, shape: [1, 2, 5, 5]), [s])
        let flat = try builder.reshape(p, [2, 4])
        let turned = try builder.permute(flat, [1, 0])
        let product = try builder.matmul(flat, turned)
        let labels = try builder.input("labels", TensorType(.int64, [2]))
        let loss = try builder.crossEntropy(product, labels: labels)
        builder.output("loss", loss)
        builder.output("softmax", try builder.softmax(product))
        let wide = try builder.broadcast(try builder.reshape(flat, [2, 1, 4]), [2, 3, 4])
        let part = try builder.slice(wide, start: [1, 2, 3], step: [-1, -2, -1], shape: [2, 2, 3])
        let padded = try builder.append(.pad(before: [0, 1, 0], after: [1, 0, 0]), [part])
        let joined = try builder.append(.concatenate(axis: 0), [padded, padded])
        let places = builder.constant(Tensor([1, 0, 2] as [Int64], shape: [3]))
        let gathered = try builder.append(.gather(axis: 1), [joined, places])
        _ = try builder.append(.scatterAdd(axis: 1, size: 4), [gathered, places])
        _ = try builder.cast(try builder.map(.less, flat, flat), to: .int32)
        _ = builder.constant(Tensor([true, false], shape: [2]))
        let forest = TreeEnsemble(
            features: 4, targets: 2, aggregate: .average, base: [1, -1], roots: [0],
            nodes: [
                .init(
                    comparison: .less, feature: 3, threshold: -0.5, whenTrue: 1, whenFalse: 2, missingGoesTrue: true),
                .init(comparison: .leaf, feature: 0, threshold: 0, whenTrue: 0, whenFalse: 1, missingGoesTrue: false),
                .init(comparison: .leaf, feature: 0, threshold: 0, whenTrue: 1, whenFalse: 2, missingGoesTrue: false),
            ], weights: [.init(target: 0, value: 2), .init(target: 1, value: -3)])
        builder.output("trees", try builder.append(.trees(forest), [flat]))
        try builder.update(w, to: g)
        return builder.finish()
    }
}
