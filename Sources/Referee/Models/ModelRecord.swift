package import Bytes

/// A named model as the chain tells it: its registration and all its versions.
package struct ModelRecord: Sendable {
    /// One version.
    package struct Version: Sendable {
        package var place: Finding.Place
        package var sender: Address
        package var number: Int
        package var contentHash: Hash32
        /// The contract and job that trained it; nil where it was submitted.
        package var trainedBy: (contract: Address, job: UInt64)?
        /// The content hash of the parameters that are stored: on chain, or in the blob store; nil where nowhere.
        package var storedHash: Hash32?
        /// The parameters themselves, as fixed-point integers.
        package var parameters: [Int32]?

        package init(place: Finding.Place, sender: Address, number: Int, contentHash: Hash32) {
            (self.place, self.sender, self.number, self.contentHash) = (place, sender, number, contentHash)
        }
    }

    package var id: Hash32
    package var name: String
    package var place: Finding.Place
    package var sender: Address
    package var owner: Address
    package var program: Hash32
    package var seed: Hash32
    package var versions: [Version] = []
    /// When which version was deployed, in order.
    package var deployments: [(place: Finding.Place, version: Int, contentHash: Hash32)] = []

    package init(
        id: Hash32, name: String, place: Finding.Place, sender: Address, owner: Address, program: Hash32, seed: Hash32
    ) {
        (self.id, self.name, self.place, self.sender) = (id, name, place, sender)
        (self.owner, self.program, self.seed) = (owner, program, seed)
    }

    /// The version that was deployed at this place in the chain; nil before the first deployment.
    package func deployedVersion(at place: Finding.Place) -> Int? {
        deployments.last {
            ($0.place.block ?? 0, $0.place.transactionIndex ?? 0) < (place.block ?? 0, place.transactionIndex ?? 0)
        }?.version
    }
}
