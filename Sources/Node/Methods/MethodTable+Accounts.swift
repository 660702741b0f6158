import Bytes
import Crypto
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let accounts: [String: RPCMethod] = [
        "eth_accounts": RPCMethod(0) { service, _ in .array(service.accounts.addresses.map { .address($0) }) },
        "eth_requestAccounts": RPCMethod(0) { service, _ in .array(service.accounts.addresses.map { .address($0) }) },
        "personal_listAccounts": RPCMethod(0) { service, _ in .array(service.accounts.addresses.map { .address($0) }) },
        "eth_sendTransaction": RPCMethod(1) { service, parameters in
            .hash(try await service.sendTransaction(parameters.read(0)))
        },
        "eth_signTransaction": RPCMethod(1) { service, parameters in
            let arguments = try parameters.read(0, as: TransactionArguments.self)
            let (transaction, sender) = try service.filled(arguments)
            let signed = transaction.signed(by: try service.accounts.key(of: sender))
            return ["raw": .data(signed.encoded), "tx": .waiting(signed, hash: signed.hash, sender: sender)]
        },
        "eth_fillTransaction": RPCMethod(1, .measured) { service, parameters in
            let (transaction, sender) = try service.filled(parameters.read(0))
            let unsigned = SignedTransaction(transaction: transaction, yParity: 0, r: .zero, s: .zero)
            return ["raw": .data(unsigned.encoded), "tx": .waiting(unsigned, hash: unsigned.hash, sender: sender)]
        },
        "eth_sign": RPCMethod(2) { service, parameters in
            try service.sign(parameters.bytes(1), by: parameters.read(0))
        },
        "personal_sign": RPCMethod(3) { service, parameters in
            try service.sign(parameters.bytes(0), by: parameters.read(1))
        },
        "eth_signTypedData": RPCMethod(2) { service, parameters in try service.signTyped(parameters) },
        "eth_signTypedData_v3": RPCMethod(2) { service, parameters in try service.signTyped(parameters) },
        "eth_signTypedData_v4": RPCMethod(2) { service, parameters in try service.signTyped(parameters) },
    ]
}

extension NodeService {
    /// Signs (or, for an impersonated sender, does without) and sends.
    func sendTransaction(_ arguments: TransactionArguments) async throws -> Hash32 {
        let (transaction, sender) = try filled(arguments)
        if configuration.developer, !accounts.holds(sender), chain.isImpersonated(sender) {
            return try await chain.send(unsigned: transaction, from: sender)
        }
        let signed = transaction.signed(by: try accounts.key(of: sender))
        return try await chain.send(raw: signed.encoded)
    }

    /// The transaction with everything that the caller left out.
    func filled(_ arguments: TransactionArguments) throws -> (Transaction, sender: Address) {
        guard let sender = arguments.message.from ?? accounts.addresses.first else {
            throw RPCError.server("unknown account")
        }
        guard accounts.holds(sender) || configuration.developer && chain.isImpersonated(sender) else {
            throw RPCError.server("unknown account")
        }
        let chainID = try chain.chainID()
        if let asked = arguments.chainID, asked != U256(chainID) {
            throw RPCError.server("chainId does not match node's (have=\(asked), want=\(chainID))")
        }
        guard arguments.message.to != nil || !arguments.message.data.isEmpty else {
            throw RPCError.server("contract creation without any data provided")
        }
        var message = arguments.message
        message.from = sender
        let quote = try chain.fees()
        // A price of zero would wait for ever, but where the base fee is nothing, too.
        if !quote.baseFeePerGas.isZero {
            if message.gasPrice == .zero { throw RPCError.server("gasPrice must be non-zero after london fork") }
            if message.maxFeePerGas == .zero { throw RPCError.server("maxFeePerGas must be non-zero") }
        }
        let nonce: UInt64
        if let given = arguments.nonce {
            nonce = given
        } else {
            nonce = try chain.nonce(of: sender, at: .pending)
        }
        let gas: UInt64
        if let given = message.gas {
            gas = given
        } else {
            let complete = message
            gas = try chain.estimateGas(complete, at: .latest, overrides: CallOverrides())
        }
        var transaction = Transaction(
            kind: arguments.transactionKind, chainID: chainID, nonce: nonce, gasLimit: gas, to: message.to)
        (transaction.value, transaction.data) = (message.value, message.data)
        (transaction.accessList, transaction.authorizations) = (message.accessList, arguments.authorizations)
        transaction.gasPrice = message.gasPrice ?? .zero
        guard message.gasPrice == nil else { return (transaction, sender) }
        let tip = message.maxPriorityFeePerGas ?? min(quote.maxPriorityFeePerGas, message.maxFeePerGas ?? .max)
        transaction.maxPriorityFeePerGas = tip
        transaction.maxFeePerGas = message.maxFeePerGas ?? (quote.baseFeePerGas &* 2 &+ tip)
        guard transaction.maxFeePerGas >= tip else {
            throw RPCError.server("maxFeePerGas (\(transaction.maxFeePerGas)) < maxPriorityFeePerGas (\(tip))")
        }
        return (transaction, sender)
    }

    /// EIP-191: the prefix keeps a signed message from being a transaction.
    func sign(_ message: [UInt8], by address: Address) throws -> JSON {
        .data(try accounts.key(of: address).sign(personal: message).bytes)
    }

    func signTyped(_ parameters: Parameters) throws -> JSON {
        let key = try accounts.key(of: parameters.read(0))
        var json = try parameters.read(1, as: JSON.self)
        // Some wallets send the object as text.
        if case .string(let text) = json {
            do { json = try JSON(parsing: text) } catch {
                throw RPCError.invalid(1, "typed data is not JSON: \(error)")
            }
        }
        do {
            return .data(key.sign(try TypedData(json: json).hash()).bytes)
        } catch { throw RPCError.invalid(1, "\(error)") }
    }
}

extension TransactionArguments {
    /// The type that the caller named, or the one that its fields ask for.
    var transactionKind: Transaction.Kind {
        if let kind, let known = Transaction.Kind(rawValue: UInt8(truncatingIfNeeded: kind)), kind < 5 { return known }
        if !authorizations.isEmpty { return .setCode }
        if message.gasPrice != nil { return hasAccessList ? .accessList : .legacy }
        return .dynamicFee
    }
}
