/// Why an ONNX file cannot be read, imported or written: which file, which node, what to do.
package struct ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The node concerned, as "name (operator)", or nil for the file as a whole.
    package let node: String?
    package let message: String
    /// True when it could be done for inputs whose content is known.
    package let dependsOnData: Bool

    package init(node: String? = nil, dependsOnData: Bool = false, _ message: String) {
        self.node = node
        self.message = message
        self.dependsOnData = dependsOnData
    }

    package var description: String { node.map { "node \($0): \(message)" } ?? message }
}
