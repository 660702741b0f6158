import Devchain
import HTTP

/// The HTTP face of JSON-RPC, with geth's rules for methods, media types and hosts.
struct RPCEndpoint: HTTPHandler {
    let dispatcher: RPCDispatcher
    let access: AccessPolicy

    /// The media types that geth takes.
    private static let types: Set<String> = ["application/json", "application/json-rpc", "application/jsonrequest"]

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard access.allows(host: request.headers["Host"]) else {
            return HTTPResponse(status: 403, text: "invalid host specified\n")
        }
        var response = await answer(to: request)
        for (name, value) in access.headers(for: request).fields { response.headers.set(name, value) }
        return response
    }

    private func answer(to request: HTTPRequest) async -> HTTPResponse {
        switch request.method {
        case "POST": return await post(request)
        case "OPTIONS": return HTTPResponse(status: 204)
        case "GET", "HEAD":
            if request.headers.contains(token: "websocket", in: "Upgrade") { return upgrade(request) }
            return HTTPResponse(text: greeting(host: request.headers["Host"] ?? "localhost"))
        default:
            var response = HTTPResponse(status: 405, text: "method not allowed\n")
            response.headers.set("Allow", "GET, OPTIONS, POST")
            return response
        }
    }

    private func post(_ request: HTTPRequest) async -> HTTPResponse {
        let field = request.headers["Content-Type"] ?? ""
        let type = field.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard RPCEndpoint.types.contains(type) else {
            return HTTPResponse(
                status: 415, text: "invalid content type, only application/json is supported\n")
        }
        guard let answer = await dispatcher.answer(request.body, for: dispatcher.caller(request.load)) else {
            return HTTPResponse(type: "application/json", bytes: [])
        }
        return HTTPResponse(type: "application/json", bytes: answer)
    }

    private func upgrade(_ request: HTTPRequest) -> HTTPResponse {
        if let origin = request.headers["Origin"], !access.allows(origin: origin) {
            return HTTPResponse(status: 403, text: "origin not allowed\n")
        }
        let (dispatcher, load) = (dispatcher, request.load)
        return .webSocket(for: request, messageLimit: dispatcher.service.configuration.bodyLimit) { socket in
            await WebSocketSession(dispatcher: dispatcher, socket: socket, load: load).run()
        }
    }

    private func greeting(host: String) -> String {
        let service = dispatcher.service
        return """
            This is \(service.configuration.clientVersion): Ethereum JSON-RPC for chain \((try? service.chain.chainID()) ?? 0).
            Point a wallet or a library at http://\(host), or try:
              curl -H 'content-type: application/json' http://\(host) \\
                -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'

            """
    }
}
