package import Bytes
package import Ethereum
package import Ledger

/// A contract at an address of some chain: typed views, calls and events (the generated files have them).
///
///     let jobs = TrainingJobs(address: address, chain: chain)
///     let job = try await jobs.job(jobID: 1)
///     let receipt = try await jobs.send(.init(jobID: 1) as TrainingJobs.SettleCall, by: sender)
package protocol Contract: Sendable {
    static var artifact: ContractArtifact { get }
    static var abi: ContractABI { get }
    var address: Address { get }
    var chain: any Chain { get }
    init(address: Address, chain: any Chain)
}

extension Contract {
    /// Asks a view function and reads what it returned.
    ///
    /// - Throws: `ChainError` of kind `.reverted` with the contract's reason where it refuses, `.unreachable` where the
    ///   answer is not what the ABI says (another contract, or none, at the address).
    package func view<Value>(
        _ name: String, _ arguments: [ABIValue], at block: BlockTag,
        reading: ([ABIValue]) throws(ABIError) -> Value
    ) async throws(ChainError) -> Value {
        let function = Self.abi.known(name, arguments.count)
        let data = try encoded { () throws(ABIError) in try function.encodeCall(arguments) }
        let output = try await chain.call(CallMessage(to: address, data: data), at: block)
        do throws(ABIError) {
            return try reading(try function.decodeOutput(output))
        } catch {
            throw ChainError(
                .unreachable,
                "\(Self.artifact.name).\(name) at \(address) answered what it cannot have: \(error); is another "
                    + "contract, or none, at this address?")
        }
    }

    /// Sends a call as a transaction and waits for its receipt.
    ///
    /// - Throws: `ChainError` of kind `.reverted` with the contract's reason where it refuses.
    package func send(
        _ call: some ContractCall, value: U256 = .zero, gasLimit: UInt64? = nil, by sender: TransactionSender
    ) async throws(ChainError) -> MinedReceipt {
        try await sender.send(to: address, value: value, data: call.calldata, gasLimit: gasLimit)
    }

    /// Creates the contract and waits until it stands.
    ///
    /// - Parameter deployment: what `Self.deployment(...)` gives.
    package static func deploy(_ deployment: [UInt8], by sender: TransactionSender) async throws(ChainError) -> Self {
        let receipt = try await sender.send(to: nil, data: deployment)
        guard let address = receipt.contractAddress else {
            throw ChainError(.unreachable, "the receipt of \(artifact.name)'s deployment names no contract address")
        }
        return Self(address: address, chain: sender.chain)
    }

    /// The contract's events of one kind in chain order.
    ///
    /// - Parameter topics: what the indexed parameters must be; nil, or left out, for anything.
    package func events<Event: ContractEvent>(
        _ kind: Event.Type, where topics: [ABIValue?] = [], from: BlockTag = .earliest, to: BlockTag = .latest
    ) async throws(ChainError) -> [(event: Event, log: MinedLog)] {
        let filter = try encoded { () throws(ABIError) in try Event.event.topics(matching: topics) }
        let logs = try await chain.logs(LogFilter(from: from, to: to, addresses: [address], topics: filter))
        return logs.compactMap { log in Event(log.log).map { ($0, log) } }
    }

    /// The contract's events of one kind in a receipt.
    package func events<Event: ContractEvent>(_ kind: Event.Type, in receipt: MinedReceipt) -> [Event] {
        receipt.logs.filter { $0.log.address == address }.compactMap { Event($0.log) }
    }

    /// Arguments that do not fit their types are the caller's mistake.
    private func encoded<Value>(_ body: () throws(ABIError) -> Value) throws(ChainError) -> Value {
        do throws(ABIError) {
            return try body()
        } catch {
            throw ChainError(.invalidRequest, "\(error)")
        }
    }
}
