/// A contract as the compiler left it: what deploys it, and what tells others how to call it.
package struct ContractArtifact: Hashable, Sendable {
    package var name: String
    /// The compiler and its version.
    package var compiler: String
    /// The ABI as JSON.
    package var abi: String
    /// The init code without constructor arguments, in hexadecimal digits.
    package var bytecode: String

    package init(name: String, compiler: String, abi: String, bytecode: String) {
        (self.name, self.compiler, self.abi, self.bytecode) = (name, compiler, abi, bytecode)
    }
}
