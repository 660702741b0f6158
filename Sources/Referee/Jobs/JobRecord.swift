package import Contracts
package import Bytes
package import Federation

/// One training job as the chain tells it: every transaction, event and stored value that concerns it.
package struct JobRecord: Sendable {
    package typealias Place = Finding.Place

    /// The posting of the job.
    package struct Creation: Sendable {
        package var place: Place
        /// The transaction's sender and wei.
        package var sender: Address
        package var value: U256
        /// What the calldata says.
        package var terms: JobTerms
        /// What the contract's storage says.
        package var storedTerms: JobTerms
        /// What the event says.
        package var initiator: Address
        package var escrow: U256
        package var contentHash: Hash32
        /// The initial parameters as fixed-point integers: from the calldata, or from the blob store where only their
        /// hash is on chain; nil where they are nowhere.
        package var initial: [Int32]?
        /// The content hash of those bytes.
        package var initialHash: Hash32?

        package init(
            place: Place, sender: Address, value: U256, terms: JobTerms, storedTerms: JobTerms, initiator: Address,
            escrow: U256, contentHash: Hash32, initial: [Int32]?, initialHash: Hash32?
        ) {
            (self.place, self.sender, self.value) = (place, sender, value)
            (self.terms, self.storedTerms) = (terms, storedTerms)
            (self.initiator, self.escrow, self.contentHash) = (initiator, escrow, contentHash)
            (self.initial, self.initialHash) = (initial, initialHash)
        }
    }

    /// A holder's joining.
    package struct Join: Sendable {
        package var place: Place
        package var sender: Address
        package var value: U256
        package var holder: Address
        package var dataID: UInt64
        package var rows: Int
        package var salt: Hash32

        package init(
            place: Place, sender: Address, value: U256, holder: Address, dataID: UInt64, rows: Int, salt: Hash32
        ) {
            (self.place, self.sender, self.value, self.holder) = (place, sender, value, holder)
            (self.dataID, self.rows, self.salt) = (dataID, rows, salt)
        }
    }

    /// An accepted update.
    package struct Update: Sendable {
        package var place: Place
        package var sender: Address
        /// What the event says.
        package var round: Int
        package var holder: Address
        package var contentHash: Hash32
        package var rows: Int
        /// The round that the calldata names.
        package var calledRound: Int
        /// When it was mined (seconds since 1970).
        package var time: UInt64
        /// The update's values: from the calldata, or from the blob store; nil where they are nowhere.
        package var values: [Int32]?
        /// The content hash of the bytes that were found.
        package var bytesHash: Hash32?

        package init(
            place: Place, sender: Address, round: Int, holder: Address, contentHash: Hash32, rows: Int,
            calledRound: Int, time: UInt64, values: [Int32]?, bytesHash: Hash32?
        ) {
            (self.place, self.sender, self.round, self.holder) = (place, sender, round, holder)
            (self.contentHash, self.rows) = (contentHash, rows)
            (self.calledRound, self.time) = (calledRound, time)
            (self.values, self.bytesHash) = (values, bytesHash)
        }
    }

    /// A closed round.
    package struct Closing: Sendable {
        package var place: Place
        package var sender: Address
        package var round: Int
        package var contentHash: Hash32
        package var updates: Int
        package var rows: Int
        package var time: UInt64
        /// The content hash of the parameters that are stored for the round: on chain, or in the blob store; nil where
        /// they are nowhere.
        package var storedHash: Hash32?

        package init(
            place: Place, sender: Address, round: Int, contentHash: Hash32, updates: Int, rows: Int, time: UInt64,
            storedHash: Hash32?
        ) {
            (self.place, self.sender, self.round) = (place, sender, round)
            (self.contentHash, self.updates, self.rows) = (contentHash, updates, rows)
            (self.time, self.storedHash) = (time, storedHash)
        }
    }

    /// The settlement.
    package struct Settlement: Sendable {
        package var place: Place
        /// Nil for a job that finished.
        package var failure: String?
        package var modelOwner: Address
        package var payments: [Payment]
        /// What each party's balance grew by, fees that it paid in the block put back; nil where the block holds other
        /// transactions too.
        package var gains: [Address: U256]?
        /// Payments that a party refused and that wait for it in the contract.
        package var credited: Set<Address>

        package init(
            place: Place, failure: String?, modelOwner: Address, payments: [Payment], gains: [Address: U256]?,
            credited: Set<Address>
        ) {
            (self.place, self.failure, self.modelOwner) = (place, failure, modelOwner)
            (self.payments, self.gains, self.credited) = (payments, gains, credited)
        }
    }

    package var id: UInt64
    package var creation: Creation
    package var joins: [Join] = []
    /// When the aggregator accepted.
    package var acceptance: Place?
    package var start: (place: Place, seed: Hash32, deadline: UInt64)?
    package var updates: [Update] = []
    package var closings: [Closing] = []
    package var settlement: Settlement?

    package init(id: UInt64, creation: Creation) { (self.id, self.creation) = (id, creation) }
}

/// A data set's commitment as the chain tells it.
package struct DataRecord: Sendable {
    package var place: Finding.Place
    package var sender: Address
    package var id: UInt64
    package var holder: Address
    package var root: Hash32
    package var rows: Int
    package var schema: Hash32
    /// What the contract's storage says now: holder, root, rows, schema.
    package var stored: (holder: Address, root: Hash32, rows: Int, schema: Hash32)?
    /// What the calldata says.
    package var called: (root: Hash32, rows: Int, schema: Hash32)?
    /// Where it was revoked.
    package var revocation: Finding.Place?

    package init(
        place: Finding.Place, sender: Address, id: UInt64, holder: Address, root: Hash32, rows: Int, schema: Hash32
    ) {
        (self.place, self.sender, self.id, self.holder) = (place, sender, id, holder)
        (self.root, self.rows, self.schema) = (root, rows, schema)
    }
}
