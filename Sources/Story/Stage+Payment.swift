import Bytes
import Contracts
import Federation
import Ledger
import Training

extension Stage {
    /// Step 7: the settlement, as the contract's events tell it.
    func pay(_ contracts: ProtocolContracts, job: UInt64) async throws -> StorySummary.Payments {
        progress(.step(7, "Pay"))
        let aggregator = Aggregator(
            job: job, reader: JobReader(contracts: contracts, blobs: blobs), sender: sender(cast.aggregator))
        try await turn(aggregator.shell)
        let paid = try await contracts.jobs.events(TrainingJobs.Paid.self, topics: [.topic(job)])
        let table = PaymentTable(
            paid.compactMap { found in
                PaymentKind(rawValue: found.event.kind).map {
                    Payment(party: found.event.party, kind: $0, amount: found.event.amount)
                }
            })
        let terms = try await contracts.jobs.terms(job)
        let rows = table.parties.map { party in
            let amounts = PaymentKind.allCases.map { ($0, table.amount(party, $0)) }.filter { !$0.1.isZero }
            return StorySummary.Payments.Row(
                name: cast.name(of: party), address: party,
                amounts: Dictionary(amounts) { first, _ in first }, total: table.amount(party))
        }
        let payments = StorySummary.Payments(
            rows: rows, escrow: terms.escrow ?? .zero,
            stakes: terms.holderStake &* U256(cast.holders.count) &+ terms.aggregatorStake, total: table.total)
        progress(.payments(payments))
        say(
            payments.isExact
                ? "\(payments.total) wei paid out: the escrow and all stakes, to the wei"
                : "\(payments.total) wei paid out, but \(payments.escrow &+ payments.stakes) were locked")
        return payments
    }
}
