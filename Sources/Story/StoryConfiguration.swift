package import Crypto
package import Ledger
package import Training

/// What a story is told with.
package struct StoryConfiguration: Sendable {
    /// A network to tell it on, in place of an embedded chain.
    package struct Network: Sendable {
        /// The JSON-RPC endpoint of any Ethereum node.
        package var url: String
        /// Pays for everybody.
        package var funder: PrivateKey
        /// How everybody sends.
        package var policy: SendingPolicy

        package init(url: String, funder: PrivateKey, policy: SendingPolicy = SendingPolicy()) {
            (self.url, self.funder, self.policy) = (url, funder, policy)
        }
    }

    /// Where the chain, the blobs and the tampered copy go; files of an earlier story there are replaced.
    package var directory: String
    /// The port of the embedded chain's HTTP endpoint; 0 takes a free one, nil serves none.
    package var port: UInt16?
    /// Nil for the embedded chain.
    package var network: Network?
    /// Everything that is random derives from it, except the time.
    package var seed: UInt64
    package var rounds: Int
    package var localEpochs: Int
    package var holders: Int
    package var servers: Int
    /// Threads that train holders at once; any number gives the same bytes.
    package var threads: Int
    /// The spread of classes over holders: small values make them very different.
    package var dirichletAlpha: Float

    package init(
        directory: String, port: UInt16? = 8545, seed: UInt64 = 1, rounds: Int = 20, localEpochs: Int = 5,
        holders: Int = 5, servers: Int = 3, threads: Int = 1, dirichletAlpha: Float = 1
    ) {
        (self.directory, self.port, self.seed) = (directory, port, seed)
        (self.rounds, self.localEpochs) = (rounds, localEpochs)
        (self.holders, self.servers, self.threads) = (holders, servers, threads)
        self.dirichletAlpha = dirichletAlpha
    }

    /// The model of the story.
    package static let model = Model.digits
    /// A parameter is an integer over `2^scaleBits`.
    package static let scaleBits = 20

    package var chainPath: String { directory + "/chain.sqlite" }
    package var tamperedPath: String { directory + "/tampered.sqlite" }
    package var blobPath: String { directory + "/blobs" }
    /// Where the contracts' addresses are to be recorded, for commands that look at them afterwards.
    package var contractsPath: String { directory + "/contracts.json" }
}

/// What a story says while it runs.
package enum StoryEvent: Sendable {
    /// A numbered step begins.
    case step(Int, String)
    /// Something to say under the step.
    case line(String)
    /// How far a long step is.
    case progress(done: Int, of: Int)
    /// A round is closed; accuracy on the held-out rows.
    case round(Int, of: Int, accuracy: Double)
    /// The payment table stands.
    case payments(StorySummary.Payments)
}
