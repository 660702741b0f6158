import Graph
import ONNX
import Tensor
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the official tests are installed, if they are.
private enum OfficialTests {
    static let folder = getenv("CAIRN_ONNX_NODES").map { String(cString: $0) }
}

/// The official node tests, where they are installed: set CAIRN_ONNX_NODES to `onnx/backend/test/data/node` of the PyPI package onnx.
@Suite(.enabled(if: OfficialTests.folder != nil)) struct NodeTests {
    private func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Tests whose expected numbers wrap at eight bits where the operator's text, and ONNX Runtime, saturate; and two that expect 1.9e-7
    /// where the transform is 0.
    private static let wrong: Set<String> = [
        "test_dft_inverse", "test_dft_inverse_opset19",
        "test_qlinearmatmul_2D_int8_float16", "test_qlinearmatmul_2D_int8_float32",
        "test_qlinearmatmul_3D_int8_float16",
        "test_qlinearmatmul_3D_int8_float32",
    ]

    /// Every test whose operators and types are supported gives its outputs; the rest is refused, never wrong.
    @Test func claimedOperators() throws {
        let folder = try #require(OfficialTests.folder)
        var (passed, refused, failed): ([String], [String: String], [String]) = ([], [:], [])
        for name in names(in: folder) where !Self.wrong.contains(name) {
            do {
                let model = try ONNXModel(try SharedModels.content(folder + "/" + name + "/model.onnx"))
                let data = folder + "/" + name + "/test_data_set_0"
                var inputs: [String: Tensor] = [:]
                for (index, input) in model.inputs.enumerated() {
                    inputs[input.name] = try ONNXModel.tensor(try SharedModels.content(data + "/input_\(index).pb"))
                }
                let results: [String: Tensor]
                do {
                    // Shapes may depend on whole numbers and on a few others.
                    let fixed = inputs.filter { $0.value.type != .float32 || $0.value.count <= 8 }
                    let imported = try model.imported(shapes: inputs.mapValues(\.shape), constants: fixed)
                    results = try imported.run(inputs)
                } catch let error as ONNXError {
                    refused[name] = error.description
                    continue
                }
                for (index, output) in model.outputs.enumerated() {
                    let expected = try ONNXModel.tensor(try SharedModels.content(data + "/output_\(index).pb"))
                    let got = try #require(results[output.name])
                    if !close(got, expected) {
                        failed.append(
                            "\(name) \(output.name): \(got.type)\(got.shape) for \(expected.type)\(expected.shape)")
                    }
                }
                if failed.last?.hasPrefix(name + " ") != true { passed.append(name) }
            } catch let error as ONNXError {
                refused[name] = error.description
            }
        }
        print("node tests: \(passed.count) pass, \(refused.count) refused, \(failed.count) fail")
        if getenv("CAIRN_ONNX_VERBOSE") != nil {
            for (name, reason) in refused.sorted(by: { $0.key < $1.key }) { print("refused \(name): \(reason)") }
        }
        #expect(failed == [])
    }

    private func close(_ got: Tensor, _ expected: Tensor) -> Bool {
        guard got.shape == expected.shape, got.type == expected.type else { return false }
        guard got.type == .float32 else { return got == expected }
        return zip(got.values(as: Float.self), expected.values(as: Float.self)).allSatisfy { a, b in
            a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 1e-7 + 1e-3 * abs(b)
        }
    }
}
