import HTTP
import JSON

/// Turns the bytes of a JSON-RPC request into the bytes of its answer.
struct RPCDispatcher: Sendable {
    /// Values in one request: far more than the largest batch has, and few enough that their tree stays small.
    private static let valueLimit = 1 << 20
    /// A batch gives way to others after so long.
    private static let turn: Duration = .milliseconds(20)

    let service: NodeService
    let table: MethodTable
    private let lane = WorkLane()
    private let inline = InlineRule()

    init(service: NodeService, table: MethodTable) { (self.service, self.table) = (service, table) }

    /// As many requests as geth takes in a batch, unless configured otherwise.
    var batchLimit: Int { service.configuration.batchLimit }
    var responseLimit: Int { service.configuration.responseLimit }

    /// Whoever asks over a connection with this load.
    func caller(_ load: ConnectionLoad?, session: WebSocketSession? = nil) -> RPCCaller {
        RPCCaller(session: session, lane: lane.caller(load ?? ConnectionLoad()))
    }

    /// Answers one request or a batch; nil where nothing is to be said (notifications).
    func answer(_ body: [UInt8], for caller: RPCCaller) async -> [UInt8]? {
        let json: JSON
        do { json = try JSON(parsing: body, maxValues: Self.valueLimit) } catch {
            return Self.line(Self.failure(.parse, id: .null))
        }
        guard case .array(let batch) = json else { return await answer(to: json, caller).map(Self.line) }
        guard !batch.isEmpty else { return Self.line(Self.failure(.emptyBatch, id: .null)) }
        guard batch.count <= batchLimit else { return Self.line(Self.failure(.batchTooLarge, id: .null)) }
        return await answer(batch, caller)
    }

    private func answer(_ batch: [JSON], _ caller: RPCCaller) async -> [UInt8]? {
        var bytes: [UInt8] = []
        if let sent = await service.sendTogether(batch) {
            for (request, outcome) in zip(batch, sent) {
                Self.append(Self.envelope(outcome.map { .value($0) }, id: request["id"] ?? .null), to: &bytes)
            }
        } else {
            var (isFull, turnEnds) = (false, ContinuousClock.now + Self.turn)
            for request in batch {
                guard !isFull else {
                    if let id = request["id"] { Self.append(Self.failure(.responseTooLarge, id: id), to: &bytes) }
                    continue
                }
                if ContinuousClock.now >= turnEnds {
                    // In line behind whoever has waited.
                    await Task(executorPreference: caller.lane) {}.value
                    turnEnds = .now + Self.turn
                }
                guard let answer = await answer(to: request, caller) else { continue }
                Self.append(answer, to: &bytes)
                isFull = bytes.count > responseLimit
            }
        }
        guard !bytes.isEmpty else { return nil }
        bytes.append(UInt8(ascii: "]"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func append(_ answer: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: bytes.isEmpty ? "[" : ","))
        bytes += answer
    }

    /// One request; nil for a notification.
    private func answer(to request: JSON, _ caller: RPCCaller) async -> [UInt8]? {
        guard case .object(let object) = request, case .string(let method)? = object["method"],
            object["jsonrpc"] == .string("2.0")
        else { return Self.failure(.invalidRequest, id: Self.validID(request["id"]) ?? .null) }
        guard let rawID = object["id"] else {
            // A notification is carried out and not answered.
            _ = try? await call(method, object["params"], caller)
            return nil
        }
        guard let id = Self.validID(rawID) else { return Self.failure(.invalidRequest, id: .null) }
        do throws(RPCError) {
            return Self.envelope(.success(try await call(method, object["params"], caller)), id: id)
        } catch {
            return Self.failure(error, id: id)
        }
    }

    /// Runs a method by name.
    private func call(_ name: String, _ raw: JSON?, _ caller: RPCCaller) async throws(RPCError) -> RPCMethod.Answer {
        if name == "eth_subscribe" || name == "eth_unsubscribe" {
            guard let session = caller.session else { throw RPCError(-32601, "notifications not supported") }
            let parameters = try Self.parameters(raw, most: 2)
            return .value(
                name == "eth_subscribe" ? try session.subscribe(parameters) : try session.unsubscribe(parameters))
        }
        guard let method = table[name] else { throw .unknownMethod(name) }
        let parameters = try Self.parameters(raw, most: method.most)
        do { return try await run(method, parameters, caller) } catch { throw RPCError(of: error) }
    }

    private func run(_ method: RPCMethod, _ parameters: Parameters, _ caller: RPCCaller) async throws
        -> RPCMethod.Answer
    {
        let service = service
        switch method.cost {
        case .quick: return try await method.run(service, parameters)
        case .measured where inline.admits(caller.load):
            let start = ContinuousClock.now
            defer { inline.charge(caller.load, .now - start) }
            return try await method.run(service, parameters)
        case .measured, .long:
            return try await Task(executorPreference: caller.lane) { try await method.run(service, parameters) }.value
        }
    }

    private static func parameters(_ raw: JSON?, most: Int) throws(RPCError) -> Parameters {
        switch raw {
        case nil, .null: return Parameters([])
        case .array(let values):
            guard values.count <= most else {
                throw .invalidParameters("too many arguments, want at most \(most)")
            }
            return Parameters(values)
        default: throw .invalidParameters("non-array args")
        }
    }

    private static func validID(_ id: JSON?) -> JSON? {
        switch id {
        case nil, .object, .array: nil
        case let id?: id
        }
    }

    private static func envelope(_ outcome: Result<RPCMethod.Answer, RPCError>, id: JSON) -> [UInt8] {
        switch outcome {
        case .success(.value(let value)):
            return JSON.object(["jsonrpc": "2.0", "id": id, "result": value]).bytes
        case .success(.text(let text)):
            var bytes = Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8)
            bytes.reserveCapacity(text.count + 64)
            id.write(into: &bytes)
            bytes += Array(",\"result\":".utf8)
            bytes += text
            bytes.append(UInt8(ascii: "}"))
            return bytes
        case .failure(let error): return failure(error, id: id)
        }
    }

    private static func failure(_ error: RPCError, id: JSON) -> [UInt8] {
        JSON.object(["jsonrpc": "2.0", "id": id, "error": error.json]).bytes
    }

    /// What a client is told when the node holds too much already.
    static let overloaded = line(
        failure(RPCError(-32005, "too many large requests at once: try again later"), id: .null))

    private static func line(_ answer: [UInt8]) -> [UInt8] { answer + [UInt8(ascii: "\n")] }
}
