import EVM

/// What executing a transaction came to; `Ledger` has another `Outcome`.
typealias ExecutionOutcome = EVM.Outcome
