import Bytes
import ChainClient
import Ethereum
import Ledger

/// Any Ethereum network behind a JSON-RPC endpoint, with one account that pays for everybody.
///
/// It asks only what every node answers. The cast's keys derive from the story's seed, as on the embedded chain, so that
/// the model is the same to the bit; whoever knows the seed could take what they hold, so they hold little, and what is
/// left goes back to the account that paid.
struct NetworkVenue: Venue {
    private let client: ChainClient
    private let funder: TransactionSender
    private let policy: SendingPolicy

    init(_ network: StoryConfiguration.Network) {
        client = ChainClient(url: network.url)
        policy = network.policy
        funder = TransactionSender(chain: client, key: network.funder, policy: network.policy)
    }

    var chain: any Chain { client }
    var outside: (chain: any Chain, way: String) { (client, "over JSON-RPC") }
    var title: String { "the Ethereum network at \(client.url)" }
    var place: String { client.url }
    var isShared: Bool { true }

    func open(_ cast: Cast, _ budget: Budget, say: (String) -> Void) async throws {
        let (chainID, block) = (try await client.chainID(), try await client.blockNumber())
        say("chain \(chainID) at block \(block), through \(client.url)")
        let lent = try await lend(cast, budget, rounds: budget.rounds)
        say(
            "\(funder.address.checksummed) lends \(ether(lent)) ether to \(cast.all.count - 1) wallets: "
                + cast.paying.map(\.name).joined(separator: ", "))
        say("their keys derive from the seed; on a network where ether has a price, give a --seed nobody knows")
    }

    func refill(_ cast: Cast, _ budget: Budget, rounds: Int) async throws {
        _ = try await lend(cast, budget, rounds: rounds)
    }

    /// Gives everybody who has less than the need what is missing, and a half more for prices that rise.
    ///
    /// - Returns: what was given in all.
    /// - Throws: `ChainError` of kind `.rejected` where the funder has too little; nothing is sent then.
    private func lend(_ cast: Cast, _ budget: Budget, rounds: Int) async throws -> U256 {
        let fees = try await client.fees()
        var (loans, total) = ([(party: Cast.Party, amount: U256)](), U256.zero)
        for party in cast.paying {
            let need = budget.wei(of: party.part, rounds: rounds, fees: fees)
            let balance = try await client.balance(of: party.address, at: .latest)
            guard balance < need else { continue }
            let amount = need &+ need / 2 &- balance
            loans.append((party, amount))
            total = total &+ amount
        }
        guard !loans.isEmpty else { return .zero }
        let cost = total &+ U256(UInt64(21_000 * loans.count)) &* fees.maxFeePerGas
        let purse = try await client.balance(of: funder.address, at: .latest)
        guard purse >= cost else {
            throw ChainError(
                .rejected,
                "the story needs \(ether(cost)) ether at \(fees.maxFeePerGas) wei per gas, and \(funder.address.checksummed) "
                    + "has \(ether(purse)); fund it, wait for a lower price, or tell fewer --rounds")
        }
        var sent = [Hash32]()
        for loan in loans { sent.append(try await funder.submit(to: loan.party.address, value: loan.amount)) }
        for hash in sent { _ = try await funder.receipt(of: hash) }
        return total
    }

    func settle(_ cast: Cast, say: (String) -> Void) async throws {
        var returned = U256.zero
        try await withThrowingTaskGroup(of: U256.self) { group in
            for party in cast.paying { group.addTask { try await giveBack(party) } }
            for try await amount in group { returned = returned &+ amount }
        }
        say("\(ether(returned)) ether went back to \(funder.address.checksummed)")
    }

    /// Sends all that the party has, less the price of sending, back; what it sent, 0 where it is not worth it.
    private func giveBack(_ party: Cast.Party) async throws -> U256 {
        let balance = try await client.balance(of: party.address, at: .latest)
        let sender = TransactionSender(chain: client, key: party.key, policy: policy)
        let message = CallMessage(from: party.address, to: funder.address, value: 1, data: [])
        let gas = try await client.estimateGas(message)
        // A rollup may take a fee for data beside the gas; the second price covers it.
        let price = U256(gas) &* (try await client.fees()).maxFeePerGas &* 2
        guard balance > price else { return .zero }
        _ = try await sender.send(to: funder.address, value: balance &- price, gasLimit: gas)
        return balance &- price
    }

    func close() async {}

    func check() throws -> (done: String, fault: String?)? { nil }

    /// Stands between the watcher and the endpoint, and lies about one transaction.
    func forge(transaction: Hash32, byte: Int, in block: UInt64) async throws -> Forgery {
        Forgery(
            chain: LyingChain(client, about: transaction, byte: byte),
            deed: "the endpoint is made to lie: one bit in byte \(byte) of the data of a transaction in block \(block)",
            path: nil, storeFault: nil, isNamedByStore: true)
    }
}

/// Wei as ether with five digits after the point, rounded up.
private func ether(_ wei: U256) -> String {
    let unit = U256(10_000_000_000_000)
    let hundredThousandths = (wei &+ unit &- 1) / unit
    let (whole, rest) = (hundredThousandths / 100_000, hundredThousandths % 100_000)
    let digits = rest.description
    return "\(whole).\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits)"
}
