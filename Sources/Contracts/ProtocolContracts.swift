package import Bytes
package import Ledger

/// Where the four contracts of the protocol live on a chain.
package struct ProtocolAddresses: Hashable, Sendable {
    package var models: Address
    package var data: Address
    package var jobs: Address
    package var market: Address
    /// The block of the first deployment, where every search for their events begins; 0 where it is not known.
    package var firstBlock: UInt64

    package init(models: Address, data: Address, jobs: Address, market: Address, firstBlock: UInt64 = 0) {
        (self.models, self.data, self.jobs, self.market) = (models, data, jobs, market)
        self.firstBlock = firstBlock
    }

    /// Deploys all four in real transactions; the sender owns the model named "" and nothing else.
    ///
    /// - Parameter report: hears of every contract that stands.
    package static func deploy(
        with sender: TransactionSender,
        report: @Sendable (_ name: String, _ receipt: MinedReceipt) -> Void = { _, _ in }
    ) async throws(ChainError) -> ProtocolAddresses {
        func deploy(_ name: String, _ call: ContractCall) async throws(ChainError) -> (Address, block: UInt64) {
            let receipt = try await sender.send(call)
            guard let address = receipt.contractAddress else {
                throw ChainError(.invalidRequest, "the node gave no address for the deployed \(name)")
            }
            report(name, receipt)
            return (address, receipt.blockNumber)
        }
        let (models, firstBlock) = try await deploy("ModelRegistry", ModelRegistry.deployment())
        let (data, _) = try await deploy("DataRegistry", DataRegistry.deployment())
        let (jobs, _) = try await deploy("TrainingJobs", TrainingJobs.deployment(models: models, data: data))
        let (market, _) = try await deploy("InferenceMarket", InferenceMarket.deployment(models: models))
        return ProtocolAddresses(models: models, data: data, jobs: jobs, market: market, firstBlock: firstBlock)
    }

    /// The same with `firstBlock` looked up where it is not known and the chain is long: the first block at which one of
    /// the contracts has code, found by halving.
    ///
    /// It stays 0 where the node keeps no state of old blocks: searches then begin at the first block.
    package func located(on chain: any Chain) async throws(ChainError) -> ProtocolAddresses {
        guard firstBlock == 0 else { return self }
        let head = try await chain.blockNumber()
        guard head > ProtocolAddresses.searchedAtOnce else { return self }
        var found = self
        var first = head + 1
        do throws(ChainError) {
            for address in [models, data, jobs, market] {
                if try await chain.code(of: address, at: .number(first - 1)).isEmpty { continue }
                // Between a block without code and one with it.
                var (without, with) = (UInt64(0), first - 1)
                while with - without > 1 {
                    let middle = without + (with - without) / 2
                    if try await chain.code(of: address, at: .number(middle)).isEmpty {
                        without = middle
                    } else {
                        with = middle
                    }
                }
                first = with
            }
        } catch {
            return self
        }
        if first <= head { found.firstBlock = first }
        return found
    }

    /// Blocks that a search for events covers without much ado.
    private static let searchedAtOnce: UInt64 = 10_000
}

/// The four contracts of the protocol on one chain.
package struct ProtocolContracts: Sendable {
    package let chain: any Chain
    package let models: ModelRegistry
    package let data: DataRegistry
    package let jobs: TrainingJobs
    package let market: InferenceMarket

    package init(at addresses: ProtocolAddresses, on chain: any Chain) {
        self.chain = chain
        models = ModelRegistry(at: addresses.models, on: chain, since: addresses.firstBlock)
        data = DataRegistry(at: addresses.data, on: chain, since: addresses.firstBlock)
        jobs = TrainingJobs(at: addresses.jobs, on: chain, since: addresses.firstBlock)
        market = InferenceMarket(at: addresses.market, on: chain, since: addresses.firstBlock)
    }

    package var addresses: ProtocolAddresses {
        ProtocolAddresses(
            models: models.address, data: data.address, jobs: jobs.address, market: market.address,
            firstBlock: models.firstBlock)
    }
}
