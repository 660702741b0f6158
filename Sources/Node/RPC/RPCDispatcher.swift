import JSON

/// Turns the bytes of a JSON-RPC request into the bytes of its answer.
struct RPCDispatcher: Sendable {
    let service: NodeService
    let table: MethodTable

    /// As many requests as geth takes in a batch, unless configured otherwise.
    var batchLimit: Int { service.configuration.batchLimit }
    var responseLimit: Int { service.configuration.responseLimit }

    /// Answers one request or a batch; nil where nothing is to be said (notifications).
    ///
    /// - Parameter session: the WebSocket that the request came over, which subscriptions need.
    func answer(_ body: [UInt8], session: WebSocketSession? = nil) async -> [UInt8]? {
        let json: JSON
        do { json = try JSON(parsing: body) } catch { return bytes(of: failure(.parse, id: .null)) }
        guard case .array(let batch) = json else {
            return await answer(to: json, session).map { bytes(of: $0) }
        }
        guard !batch.isEmpty else { return bytes(of: failure(.emptyBatch, id: .null)) }
        guard batch.count <= batchLimit else { return bytes(of: failure(.batchTooLarge, id: .null)) }
        return await answer(batch, session)
    }

    private func answer(_ batch: [JSON], _ session: WebSocketSession?) async -> [UInt8]? {
        var bytes: [UInt8] = []
        var isFull = false
        if let sent = await service.sendTogether(batch) {
            for (request, outcome) in zip(batch, sent) {
                append(envelope(outcome, id: request["id"] ?? .null), to: &bytes)
            }
        } else {
            for request in batch {
                guard !isFull else {
                    if let id = request["id"] { append(failure(.responseTooLarge, id: id), to: &bytes) }
                    continue
                }
                guard let answer = await answer(to: request, session) else { continue }
                append(answer, to: &bytes)
                isFull = bytes.count > responseLimit
            }
        }
        guard !bytes.isEmpty else { return nil }
        bytes.append(UInt8(ascii: "]"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func append(_ answer: JSON, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: bytes.isEmpty ? "[" : ","))
        answer.write(into: &bytes)
    }

    /// One request; nil for a notification.
    func answer(to request: JSON, _ session: WebSocketSession? = nil) async -> JSON? {
        guard case .object(let object) = request, case .string(let method)? = object["method"],
            object["jsonrpc"] == .string("2.0")
        else { return failure(.invalidRequest, id: validID(request["id"]) ?? .null) }
        guard let rawID = object["id"] else {
            // A notification is carried out and not answered.
            _ = try? await call(method, object["params"], session)
            return nil
        }
        guard let id = validID(rawID) else { return failure(.invalidRequest, id: .null) }
        do throws(RPCError) {
            return envelope(.success(try await call(method, object["params"], session)), id: id)
        } catch {
            return failure(error, id: id)
        }
    }

    /// Runs a method by name.
    func call(_ name: String, _ raw: JSON?, _ session: WebSocketSession? = nil) async throws(RPCError) -> JSON {
        if name == "eth_subscribe" || name == "eth_unsubscribe" {
            guard let session else { throw RPCError(-32601, "notifications not supported") }
            let parameters = try parameters(raw, most: 2)
            return name == "eth_subscribe" ? try session.subscribe(parameters) : try session.unsubscribe(parameters)
        }
        guard let method = table[name] else { throw .unknownMethod(name) }
        let parameters = try parameters(raw, most: method.most)
        do {
            guard method.isLong else { return try await method.run(service, parameters) }
            let service = service
            // Elsewhere, so that this server thread can go on with its other connections.
            return try await Task.detached { try await method.run(service, parameters) }.value
        } catch {
            throw RPCError(of: error)
        }
    }

    private func parameters(_ raw: JSON?, most: Int) throws(RPCError) -> Parameters {
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

    private func validID(_ id: JSON?) -> JSON? {
        switch id {
        case nil, .object, .array: nil
        case let id?: id
        }
    }

    func envelope(_ outcome: Result<JSON, RPCError>, id: JSON) -> JSON {
        switch outcome {
        case .success(let value): .object(["jsonrpc": "2.0", "id": id, "result": value])
        case .failure(let error): failure(error, id: id)
        }
    }

    private func failure(_ error: RPCError, id: JSON) -> JSON {
        .object(["jsonrpc": "2.0", "id": id, "error": error.json])
    }

    private func bytes(of answer: JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        answer.write(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
