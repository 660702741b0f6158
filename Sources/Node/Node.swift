package import Devchain
package import HTTP
import Ledger

/// An embedded chain as a JSON-RPC endpoint, for any Ethereum client.
///
///     let node = Node(chain: chain, configuration: configuration)
///     try node.start()
///     print("http://127.0.0.1:\(node.port)")
///     await node.stop()
package final class Node: Sendable {
    package let chain: Devchain
    package let configuration: NodeConfiguration
    private let service: NodeService
    private let server: HTTPServer

    package init(chain: Devchain, configuration: NodeConfiguration = NodeConfiguration()) {
        (self.chain, self.configuration) = (chain, configuration)
        service = NodeService(chain: chain, configuration: configuration)
        var http = HTTPServer.Configuration(host: configuration.host, port: configuration.port)
        http.bodyLimit = configuration.bodyLimit
        http.connectionLimit = configuration.connectionLimit
        // A long `eth_call` keeps its thread: the others go on meanwhile.
        http.threads = 4
        let dispatcher = RPCDispatcher(service: service, table: MethodTable(developer: configuration.developer))
        let access = AccessPolicy(configuration)
        server = HTTPServer(configuration: http, handler: RPCEndpoint(dispatcher: dispatcher, access: access))
    }

    /// The port it listens on; 0 while it is stopped.
    package var port: UInt16 { server.port }

    /// Listens and serves.
    ///
    /// - Throws: `HTTPError`; `.portTaken` names the port and what to do.
    package func start() throws(HTTPError) {
        guard configuration.isLoopback || !configuration.developer && configuration.accounts.isEmpty else {
            throw HTTPError(
                .invalidRequest,
                "developer methods and accounts held by the node are served on this machine only: listen on 127.0.0.1 "
                    + "instead of \(configuration.host), or start without them")
        }
        do throws(ChainError) { try service.start() } catch { throw HTTPError(.cannotStart, error.message) }
        do throws(HTTPError) { try server.start() } catch {
            service.stop()
            throw error
        }
    }

    /// Lets requests in progress finish and closes the port; the chain stays open.
    package func stop() async {
        service.stop()
        await server.stop()
    }
}
