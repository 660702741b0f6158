import Tensor
import Testing

/// Operations over rows whose operands are matrices, columns, rows or numbers, against the scalar reference.
@Suite struct RowBlockTests {
    private static let sizes = [(1, 1), (3, 5), (2, 16), (7, 33), (4, 300)]

    /// Distance of rows and step in a row, for operands of [rows, cols], [rows], [cols] and one number.
    private static func layouts(_ cols: Int) -> [(row: Int, step: Int)] { [(cols, 1), (1, 0), (0, 1), (0, 0)] }

    @Test(arguments: everyKernels)
    func pairsAndFma(_ kernels: Kernels) {
        var numbers = Numbers(seed: 31)
        for (rows, cols) in Self.sizes {
            let arrays = (0..<3).map { _ -> UnsafeMutableBufferPointer<Float> in
                let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: rows * cols)
                _ = memory.initialize(from: numbers.array(rows * cols, wild: true))
                return memory
            }
            defer { for array in arrays { array.deallocate() } }
            // None is empty.
            func operand(_ number: Int, _ layout: (row: Int, step: Int)) -> Kernels.RowOperand {
                Kernels.RowOperand(arrays[number].baseAddress!, row: layout.row, step: layout.step)
            }
            for a in Self.layouts(cols) {
                for b in Self.layouts(cols) {
                    func place(_ index: Int, _ layout: (row: Int, step: Int)) -> Int {
                        index / cols * layout.row + index % cols * layout.step
                    }
                    for operation in BinaryOperation.allCases {
                        let found = output(rows * cols) {
                            kernels.binaryRows(
                                operation, operand(0, a), operand(1, b), into: $0, rows: rows, cols: cols)
                        }
                        let expected = (0..<rows * cols).map {
                            Reference.apply(operation, arrays[0][place($0, a)], arrays[1][place($0, b)])
                        }
                        #expect(difference(found, expected) == nil, "\(operation) \(rows)x\(cols) \(a) \(b)")
                    }
                    let found = output(rows * cols) {
                        kernels.fmaRows(
                            operand(0, (cols, 1)), operand(1, a), operand(2, b), into: $0, rows: rows, cols: cols)
                    }
                    let expected = (0..<rows * cols).map {
                        Reference.fma(arrays[0][$0], arrays[1][place($0, a)], arrays[2][place($0, b)])
                    }
                    #expect(difference(found, expected) == nil, "fma \(rows)x\(cols) \(a) \(b)")
                }
            }
        }
    }
}
