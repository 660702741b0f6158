package import Bytes
package import Serving

/// One request for inference as the chain tells it.
package struct InferenceRecord: Sendable {
    /// The asking.
    package struct Request: Sendable {
        package var place: Finding.Place
        package var sender: Address
        package var value: U256
        package var modelID: Hash32
        package var version: Int
        package var consumer: Address
        package var fee: U256
        package var input: [UInt8]
        package var wanted: Int
        package var allowed: [Address]

        package init(
            place: Finding.Place, sender: Address, value: U256, modelID: Hash32, version: Int, consumer: Address,
            fee: U256, input: [UInt8], wanted: Int, allowed: [Address]
        ) {
            (self.place, self.sender, self.value) = (place, sender, value)
            (self.modelID, self.version, self.consumer) = (modelID, version, consumer)
            (self.fee, self.input, self.wanted, self.allowed) = (fee, input, wanted, allowed)
        }
    }

    /// One server's answer.
    package struct Answer: Sendable {
        package var server: Address
        package var commitPlace: Finding.Place
        package var commitSender: Address
        package var commitment: Hash32
        /// Where it was shown; nil where it was not.
        package var revealPlace: Finding.Place?
        package var revealSender: Address?
        /// The event's hash, and what the calldata carries.
        package var resultHash: Hash32?
        package var result: [UInt8]
        package var salt: Hash32

        package init(server: Address, commitPlace: Finding.Place, commitSender: Address, commitment: Hash32) {
            (self.server, self.commitPlace) = (server, commitPlace)
            (self.commitSender, self.commitment) = (commitSender, commitment)
            (result, salt) = ([], .zero)
        }
    }

    /// The decision.
    package struct Decision: Sendable {
        package var place: Finding.Place
        /// Nil where there was no majority.
        package var resultHash: Hash32?
        package var result: [UInt8]
        /// What the contract's view gives now.
        package var stored: [UInt8]
        package var owner: Address
        package var ownerShareBps: Int
        package var payments: [FeePayment]

        package init(
            place: Finding.Place, resultHash: Hash32?, result: [UInt8], stored: [UInt8], owner: Address,
            ownerShareBps: Int, payments: [FeePayment]
        ) {
            (self.place, self.resultHash, self.result, self.stored) = (place, resultHash, result, stored)
            (self.owner, self.ownerShareBps, self.payments) = (owner, ownerShareBps, payments)
        }
    }

    package var id: UInt64
    package var request: Request
    /// In the order of their commitments.
    package var answers: [Answer] = []
    package var decision: Decision?
    /// The version that was deployed when the request was made.
    package var deployedVersion: Int?

    package init(id: UInt64, request: Request) { (self.id, self.request) = (id, request) }
}
