import Bytes
import EVM
import Ethereum
import Testing

@Suite struct MachineTests {
    static let sender = Address(number: 0xbeef)
    static let contract = Address(number: 0xc0de)
    static let other = Address(number: 0x07e4)

    static func machine(code: [UInt8] = [], other: [UInt8] = [], fork: Fork = .osaka) -> Machine {
        var state = MemoryState()
        state.set(sender, nonce: 0, balance: U256(1) << 100, code: [])
        state.set(contract, nonce: 1, balance: .zero, code: code)
        state.set(Self.other, nonce: 1, balance: .zero, code: other)
        return Machine(state: WorldState(reader: state), block: BlockContext(fork: fork, chainID: 1))
    }

    static func message(to: Address? = contract, gas: UInt64 = 1_000_000, data: [UInt8] = []) -> Transaction {
        var transaction = Transaction(kind: .legacy, chainID: 1, nonce: 0, gasLimit: gas, to: to)
        transaction.data = data
        return transaction
    }

    // MARK: - Estimates

    @Test func estimateOfATransferIsExact() throws {
        #expect(
            try Self.machine().estimateGas(Self.message(to: Self.other), sender: Self.sender, cap: 10_000_000) == 21000)
    }

    /// Storing gives gas back at the end, which an estimate must not count on.
    @Test func estimateSufficesAndIsNear() throws {
        // SSTORE(0, 1); SSTORE(0, 0)
        let code = try [UInt8](hex: "6001600055600060005500")
        let machine = Self.machine(code: code)
        let gas = try machine.estimateGas(Self.message(), sender: Self.sender, cap: 10_000_000)
        var options = ExecutionOptions.call
        options.commits = false
        #expect(try machine.execute(Self.message(gas: gas), sender: Self.sender, options: options).succeeded)
        #expect(
            try !machine.execute(Self.message(gas: gas * 98 / 100), sender: Self.sender, options: options).succeeded)
    }

    @Test func estimateOfARevertCarriesItsData() throws {
        // MSTORE8(0, 0x2a); REVERT(0, 1)
        let machine = Self.machine(code: try [UInt8](hex: "602a60005360016000fd"))
        let error = #expect(throws: EstimateError.self) {
            try machine.estimateGas(Self.message(), sender: Self.sender, cap: 10_000_000)
        }
        guard case .fails(let outcome) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(outcome.output == [0x2a])
    }

    // MARK: - Rejection

    /// A transaction that may not stand in a block leaves the state as it was.
    @Test func rejectionChangesNothing() {
        let machine = Self.machine()
        var transaction = Self.message()
        transaction.nonce = 3
        #expect(throws: TransactionRejection.nonceTooHigh(address: Self.sender, transaction: 3, state: 0)) {
            try machine.execute(transaction, sender: Self.sender)
        }
        #expect(throws: TransactionRejection.intrinsicGas(have: 20999, want: 21000)) {
            try machine.execute(Self.message(gas: 20999), sender: Self.sender)
        }
        #expect(throws: TransactionRejection.gasLimitTooHigh(cap: 1 << 24, transaction: 1 << 24 + 1)) {
            try machine.execute(Self.message(gas: 1 << 24 + 1), sender: Self.sender)
        }
        #expect(machine.state.diff().accounts.isEmpty)
    }

    /// A call leaves nothing behind, whatever it did.
    @Test func callsAreUndone() throws {
        let machine = Self.machine(code: try [UInt8](hex: "6001600055"))
        #expect(try machine.execute(Self.message(), sender: Self.sender, options: .call).succeeded)
        #expect(machine.state.diff().accounts.isEmpty)
    }

    // MARK: - Depth

    /// A contract that calls itself until the depth or the gas ends needs no stack of the process.
    @Test func recursionEndsByRule() throws {
        // CALL(gas, address, 0, 0, 0, 0, 0)
        let machine = Self.machine(code: try [UInt8](hex: "6000600060006000600030" + "5af1"), fork: .prague)
        let outcome = try machine.execute(Self.message(gas: 100_000_000_000), sender: Self.sender)
        #expect(outcome.succeeded)
        // 1,025 frames: six pushes, GAS and a warm call each; the last call is refused at its price.
        #expect(outcome.gasUsed == 21000 + 1025 * (5 * 3 + 2 + 2 + 100))
    }
}
