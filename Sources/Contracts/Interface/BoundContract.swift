package import Bytes
package import Ethereum
package import Ledger

/// A contract at an address of a chain.
package protocol BoundContract: Sendable {
    static var interface: ContractInterface { get }
    var address: Address { get }
    var chain: any Chain { get }
    /// The block in which it was deployed, or an earlier one: before it, it said nothing.
    var firstBlock: UInt64 { get }
}

extension BoundContract {
    /// Calls a view and returns what it gave.
    ///
    /// - Throws: `ChainError`; of kind `.reverted` where the contract refuses, `.notFound` where there is no contract.
    package func read(
        _ name: String, _ values: [ABIValue] = [], at block: BlockTag
    ) async throws(ChainError) -> ABIFields {
        let function = Self.interface.function(name, inputs: values.count)
        let message = CallMessage(to: address, data: Self.interface.data(name, values))
        let output = try await chain.call(message, at: block)
        if output.isEmpty, !function.outputs.isEmpty {
            throw ChainError(
                .notFound, "there is no \(Self.interface.artifact.name) at \(address); is this the right chain?")
        }
        guard let results = try? function.results(of: output) else {
            throw ChainError(
                .invalidRequest,
                "\(address) did not answer '\(name)' as a \(Self.interface.artifact.name) does; is it another contract?"
            )
        }
        return ABIFields(results, of: "\(Self.interface.artifact.name).\(name)")
    }

    /// A transaction that calls a function of the contract.
    package func call(_ name: String, _ values: [ABIValue], value: U256 = .zero) -> ContractCall {
        ContractCall(to: address, value: value, data: Self.interface.data(name, values))
    }

    /// All events of one type, in chain order.
    ///
    /// - Parameters:
    ///   - topics: for the indexed values in order, what they must be; nil for anything.
    ///   - first: where to begin; nil for the contract's first block.
    package func events<Event: ContractEvent>(
        _ type: Event.Type, topics: [Hash32?] = [], from first: BlockTag? = nil, to last: BlockTag = .latest
    ) async throws(ChainError) -> [Occurrence<Event>] {
        let wanted = [[Event.topic]] + topics.map { $0.map { [$0] } ?? [] }
        let start = first ?? .number(firstBlock)
        let logs = try await chain.logs(LogFilter(from: start, to: last, addresses: [address], topics: wanted))
        var found = [Occurrence<Event>]()
        for log in logs {
            if let event = try Event(log.log) { found.append(Occurrence(event: event, log: log)) }
        }
        return found
    }
}

/// An event of a contract as a typed value.
package protocol ContractEvent: Sendable {
    static var interface: ContractInterface { get }
    static var name: String { get }
    /// From the values in the order of the declaration.
    init(_ fields: inout ABIFields) throws(ChainError)
}

extension ContractEvent {
    /// The first topic of its logs.
    package static var topic: Hash32 { interface.event(name).topic }

    /// Nil where the log is another event's.
    ///
    /// - Throws: `ChainError` where it is this event's and malformed.
    package init?(_ log: Log) throws(ChainError) {
        let event = Self.interface.event(Self.name)
        guard log.topics.first == event.topic else { return nil }
        guard let values = try? event.values(of: log) else {
            throw ChainError(
                .invalidRequest, "a log of \(log.address) names the event \(event.signature) but does not hold it")
        }
        var fields = ABIFields(values, of: event.signature)
        try self.init(&fields)
    }

    /// The events of this type among a receipt's logs.
    package static func all(in receipt: MinedReceipt, of contract: Address) throws(ChainError) -> [Self] {
        var found = [Self]()
        for log in receipt.logs where log.log.address == contract {
            if let event = try Self(log.log) { found.append(event) }
        }
        return found
    }
}

/// An event and where it happened.
package struct Occurrence<Event: ContractEvent>: Sendable {
    package var event: Event
    package var log: MinedLog

    package init(event: Event, log: MinedLog) { (self.event, self.log) = (event, log) }
}

extension Hash32 {
    /// The topic of an indexed address.
    package static func topic(_ address: Address) -> Hash32 { U256(address).hash }
    /// The topic of an indexed number.
    package static func topic(_ number: UInt64) -> Hash32 { U256(number).hash }
}
