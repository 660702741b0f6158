/// What is known of an opcode without running it.
package struct OpcodeInfo: Sendable {
    /// Its name as disassemblers and tracers print it.
    package let name: String
    /// Words it takes from the stack and words it puts there.
    package let pops, pushes: Int
    /// The first fork that has it.
    package let since: Fork
}

extension Opcode {
    /// The table entry, or nil for a byte that no fork defines.
    package var info: OpcodeInfo? { Self.table[Int(rawValue)] }

    /// The name, or `opcode 0x.. not defined` as geth says it.
    package var name: String {
        info?.name ?? "opcode 0x" + String(rawValue, radix: 16) + " not defined"
    }

    /// Whether `fork` executes it.
    package func isDefined(in fork: Fork) -> Bool { info.map { fork >= $0.since } ?? false }

    private static let table: [OpcodeInfo?] = {
        var table = [OpcodeInfo?](repeating: nil, count: 256)
        for (opcode, name, pops, pushes, since) in entries {
            table[Int(opcode.rawValue)] = OpcodeInfo(name: name, pops: pops, pushes: pushes, since: since)
        }
        for n in 1...32 {
            table[0x5f + n] = OpcodeInfo(name: "PUSH\(n)", pops: 0, pushes: 1, since: .frontier)
        }
        for n in 1...16 {
            table[0x7f + n] = OpcodeInfo(name: "DUP\(n)", pops: n, pushes: n + 1, since: .frontier)
            table[0x8f + n] = OpcodeInfo(name: "SWAP\(n)", pops: n + 1, pushes: n + 1, since: .frontier)
        }
        return table
    }()

    private static let entries: [(Opcode, String, Int, Int, Fork)] = [
        (.stop, "STOP", 0, 0, .frontier),
        (.add, "ADD", 2, 1, .frontier),
        (.mul, "MUL", 2, 1, .frontier),
        (.sub, "SUB", 2, 1, .frontier),
        (.div, "DIV", 2, 1, .frontier),
        (.sdiv, "SDIV", 2, 1, .frontier),
        (.mod, "MOD", 2, 1, .frontier),
        (.smod, "SMOD", 2, 1, .frontier),
        (.addMod, "ADDMOD", 3, 1, .frontier),
        (.mulMod, "MULMOD", 3, 1, .frontier),
        (.exp, "EXP", 2, 1, .frontier),
        (.signExtend, "SIGNEXTEND", 2, 1, .frontier),
        (.lt, "LT", 2, 1, .frontier),
        (.gt, "GT", 2, 1, .frontier),
        (.slt, "SLT", 2, 1, .frontier),
        (.sgt, "SGT", 2, 1, .frontier),
        (.eq, "EQ", 2, 1, .frontier),
        (.isZero, "ISZERO", 1, 1, .frontier),
        (.and, "AND", 2, 1, .frontier),
        (.or, "OR", 2, 1, .frontier),
        (.xor, "XOR", 2, 1, .frontier),
        (.not, "NOT", 1, 1, .frontier),
        (.byte, "BYTE", 2, 1, .frontier),
        (.shl, "SHL", 2, 1, .constantinople),
        (.shr, "SHR", 2, 1, .constantinople),
        (.sar, "SAR", 2, 1, .constantinople),
        (.clz, "CLZ", 1, 1, .osaka),
        (.keccak256, "KECCAK256", 2, 1, .frontier),
        (.address, "ADDRESS", 0, 1, .frontier),
        (.balance, "BALANCE", 1, 1, .frontier),
        (.origin, "ORIGIN", 0, 1, .frontier),
        (.caller, "CALLER", 0, 1, .frontier),
        (.callValue, "CALLVALUE", 0, 1, .frontier),
        (.callDataLoad, "CALLDATALOAD", 1, 1, .frontier),
        (.callDataSize, "CALLDATASIZE", 0, 1, .frontier),
        (.callDataCopy, "CALLDATACOPY", 3, 0, .frontier),
        (.codeSize, "CODESIZE", 0, 1, .frontier),
        (.codeCopy, "CODECOPY", 3, 0, .frontier),
        (.gasPrice, "GASPRICE", 0, 1, .frontier),
        (.extCodeSize, "EXTCODESIZE", 1, 1, .frontier),
        (.extCodeCopy, "EXTCODECOPY", 4, 0, .frontier),
        (.returnDataSize, "RETURNDATASIZE", 0, 1, .byzantium),
        (.returnDataCopy, "RETURNDATACOPY", 3, 0, .byzantium),
        (.extCodeHash, "EXTCODEHASH", 1, 1, .constantinople),
        (.blockHash, "BLOCKHASH", 1, 1, .frontier),
        (.coinbase, "COINBASE", 0, 1, .frontier),
        (.timestamp, "TIMESTAMP", 0, 1, .frontier),
        (.number, "NUMBER", 0, 1, .frontier),
        (.prevRandao, "PREVRANDAO", 0, 1, .frontier),
        (.gasLimit, "GASLIMIT", 0, 1, .frontier),
        (.chainID, "CHAINID", 0, 1, .istanbul),
        (.selfBalance, "SELFBALANCE", 0, 1, .istanbul),
        (.baseFee, "BASEFEE", 0, 1, .london),
        (.blobHash, "BLOBHASH", 1, 1, .cancun),
        (.blobBaseFee, "BLOBBASEFEE", 0, 1, .cancun),
        (.pop, "POP", 1, 0, .frontier),
        (.mload, "MLOAD", 1, 1, .frontier),
        (.mstore, "MSTORE", 2, 0, .frontier),
        (.mstore8, "MSTORE8", 2, 0, .frontier),
        (.sload, "SLOAD", 1, 1, .frontier),
        (.sstore, "SSTORE", 2, 0, .frontier),
        (.jump, "JUMP", 1, 0, .frontier),
        (.jumpI, "JUMPI", 2, 0, .frontier),
        (.pc, "PC", 0, 1, .frontier),
        (.msize, "MSIZE", 0, 1, .frontier),
        (.gas, "GAS", 0, 1, .frontier),
        (.jumpDest, "JUMPDEST", 0, 0, .frontier),
        (.tload, "TLOAD", 1, 1, .cancun),
        (.tstore, "TSTORE", 2, 0, .cancun),
        (.mcopy, "MCOPY", 3, 0, .cancun),
        (.push0, "PUSH0", 0, 1, .shanghai),
        (.log0, "LOG0", 2, 0, .frontier),
        (.log1, "LOG1", 3, 0, .frontier),
        (.log2, "LOG2", 4, 0, .frontier),
        (.log3, "LOG3", 5, 0, .frontier),
        (.log4, "LOG4", 6, 0, .frontier),
        (.create, "CREATE", 3, 1, .frontier),
        (.call, "CALL", 7, 1, .frontier),
        (.callCode, "CALLCODE", 7, 1, .frontier),
        (.return, "RETURN", 2, 0, .frontier),
        (.delegateCall, "DELEGATECALL", 6, 1, .homestead),
        (.create2, "CREATE2", 4, 1, .constantinople),
        (.staticCall, "STATICCALL", 6, 1, .byzantium),
        (.revert, "REVERT", 2, 0, .byzantium),
        (.invalid, "INVALID", 0, 0, .frontier),
        (.selfDestruct, "SELFDESTRUCT", 1, 0, .frontier),
    ]
}
