import Bytes
import Contracts
import Ethereum
import Federation
import Referee
package import Report

extension StorySummary {
    /// The page that shows what happened.
    package var page: Page {
        Page(
            title: "A model trained together, paid and proved",
            subtitle: "Seed \(seed): \(shards.count) data holders, \(rounds) rounds, \(venue)",
            sections: [
                facts, accuracyCurve, paymentTable, dataTable, predictionPicture, lineage, tamperTable, contractTable,
            ])
    }

    private var facts: Page.Section {
        .facts(
            "In numbers",
            [
                ("accuracy on the held-out tenth", percent(accuracy)),
                ("the same model trained centrally", percent(centralAccuracy)),
                ("transactions", "\(transactions)"), ("blocks", "\(blocks)"), ("gas", grouped(gasUsed)),
                ("bytes of chain", grouped(UInt64(bytes))), ("seconds", hundredths(seconds)),
                ("findings of the watcher", "\(verification.findings.count)"),
            ])
    }

    private var accuracyCurve: Page.Section {
        let points = curve.enumerated().map { (x: Double($0.offset), y: $0.element) }
        let level = [(x: 0.0, y: centralAccuracy), (x: Double(max(1, curve.count - 1)), y: centralAccuracy)]
        return .chart(
            "Accuracy after each round",
            LineChart(
                title: "Accuracy after each round", xLabel: "round", yLabel: "share of the held-out rows",
                series: [
                    .init("federated", points: points), .init("trained centrally", points: level, isReference: true),
                ]))
    }

    private var paymentTable: Page.Section {
        let kinds = PaymentKind.allCases.filter { kind in payments.rows.contains { $0.amounts[kind] != nil } }
        let rows = payments.rows.map { row in
            [row.name] + kinds.map { row.amounts[$0].map { "\($0)" } ?? "" } + ["\(row.total)"]
        }
        let sums = kinds.map { kind in "\(payments.rows.reduce(U256.zero) { $0 &+ ($1.amounts[kind] ?? .zero) })" }
        return .table(
            "Payments in wei: escrow \(payments.escrow) and stakes \(payments.stakes)",
            columns: ["party"] + kinds.map(\.description) + ["total"], rows: rows,
            totals: ["sum"] + sums + ["\(payments.total)"])
    }

    private var dataTable: Page.Section {
        .table(
            "Data that stayed with its holders",
            columns: ["holder", "rows", "by class 0 to 9", "Merkle root on chain"],
            rows: shards.map {
                [$0.name, "\($0.rows)", $0.classCounts.map(String.init).joined(separator: " "), $0.root.hex0x]
            })
    }

    private var predictionPicture: Page.Section {
        let best =
            prediction.probabilities.indices.contains(prediction.predicted)
            ? percent(Double(prediction.probabilities[prediction.predicted])) : ""
        return .picture(
            "A prediction that three servers agreed on, bit for bit",
            PixelImage(title: "the digit that was asked about", pixels: prediction.input, width: 8),
            "Request \(prediction.request): the model says \(prediction.predicted) with probability \(best); "
                + "the label is \(prediction.label). Result hash \(prediction.resultHash.hex0x).")
    }

    private var lineage: Page.Section {
        let graph = verification.lineage
        return .lineage(
            "Where the model comes from",
            LineageGraph(
                columns: Lineage.Kind.allCases.map(\.description),
                nodes: graph.nodes.map {
                    LineageGraph.Node(
                        id: $0.id, column: $0.kind.rawValue, title: $0.title, detail: $0.detail, hint: $0.hint,
                        isBroken: $0.isBroken)
                }, edges: graph.edges))
    }

    private var tamperTable: Page.Section {
        let found = tampering.findings.map { ["the watcher", "\($0)"] }
        let store = tampering.storeFault.map { [["the store's own check", $0]] } ?? []
        return .table(
            tampering.detected
                ? "One byte was altered, and named" : "One byte was altered, and NOT named",
            columns: ["who", "what it says"], rows: store + found)
    }

    private var contractTable: Page.Section {
        .table(
            "Contracts", columns: ["contract", "address"],
            rows: [
                ["ModelRegistry", addresses.models.checksummed], ["DataRegistry", addresses.data.checksummed],
                ["TrainingJobs", addresses.jobs.checksummed], ["InferenceMarket", addresses.market.checksummed],
                ["trained parameters (content hash)", modelHash.hex0x],
            ])
    }
}

/// `97.21 %`.
private func percent(_ share: Double) -> String { "\(hundredths(share * 100)) %" }

/// A number with two decimals.
private func hundredths(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}

/// Digits in groups of three.
private func grouped(_ value: UInt64) -> String {
    var digits = Array(String(value))
    var place = digits.count - 3
    while place > 0 {
        digits.insert(",", at: place)
        place -= 3
    }
    return String(digits)
}
