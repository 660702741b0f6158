package import Bytes
package import Ethereum

/// A call of one function that changes the contract, as a value: to calldata and back.
///
///     let data = TrainingJobs.JoinCall(jobID: 1, dataID: 2, salt: salt).calldata
///     let join = TrainingJobs.JoinCall(calldata: transaction.data)
package protocol ContractCall: Hashable, Sendable {
    static var function: ABIFunction { get }
    var arguments: [ABIValue] { get }
    init(arguments: [ABIValue]) throws(ABIError)
}

extension ContractCall {
    /// The selector and the arguments.
    package var calldata: [UInt8] {
        // Every argument is of the ABI's type: both come out of the same generator.
        try! Self.function.encodeCall(arguments)
    }

    /// Reads a call back; nil where the data call another function or are malformed.
    package init?(calldata: [UInt8]) {
        guard let arguments = try? Self.function.decodeCall(calldata), let call = try? Self(arguments: arguments) else {
            return nil
        }
        self = call
    }
}

/// An event of a contract, as a value.
package protocol ContractEvent: Hashable, Sendable {
    static var event: ABIEvent { get }
    init(values: [ABIValue]) throws(ABIError)
}

extension ContractEvent {
    /// The first topic of the event's logs.
    package static var topic: Hash32 { event.topic }

    /// Reads a log; nil where it is another event's or malformed. Whose log it is, the caller checks.
    package init?(_ log: Log) {
        guard log.topics.first == Self.topic, let values = try? Self.event.decode(log),
            let event = try? Self(values: values)
        else { return nil }
        self = event
    }
}
