import HTTP
import Testing

import Node

@Suite struct AccessPolicyTests {
    private func policy(origins: [String] = [], hosts: [String] = []) -> AccessPolicy {
        var configuration = NodeConfiguration()
        (configuration.allowedOrigins, configuration.allowedHosts) = (origins, hosts)
        return AccessPolicy(configuration)
    }

    @Test(
        arguments: [
            (nil, true), ("localhost", true), ("localhost:8545", true), ("LOCALHOST", true), ("127.0.0.1:1", true),
            ("[::1]:8545", true), ("192.168.1.5:8545", true), ("evil.example", false), ("evil.example:8545", false),
            ("localhost.evil.example", false), ("127.0.0.1.evil.example", false), ("1.2.3", false), ("", true),
        ] as [(String?, Bool)])
    func hosts(field: String?, isAllowed: Bool) {
        #expect(policy().allows(host: field) == isAllowed)
    }

    @Test func hostsCanBeAdded() {
        #expect(policy(hosts: ["Node.example"]).allows(host: "node.example:8545"))
        #expect(!policy(hosts: ["node.example"]).allows(host: "other.example"))
        #expect(policy(hosts: ["*"]).allows(host: "any.example"))
    }

    @Test(arguments: [
        ("http://localhost:3000", true), ("https://localhost", true), ("http://127.0.0.1:5173", true),
        ("http://[::1]:5173", true), ("https://app.example", false), ("http://localhost.evil.example", false),
        ("http://192.168.1.5", false), ("null", false), ("", false),
    ])
    func origins(origin: String, isAllowed: Bool) {
        #expect(policy().allows(origin: origin) == isAllowed)
    }

    @Test func originsCanBeAdded() {
        let request = HTTPRequest(method: "OPTIONS", path: "/", headers: ["Origin": "https://app.example"])
        #expect(policy().headers(for: request).fields.isEmpty)
        let one = policy(origins: ["https://app.example"]).headers(for: request)
        #expect(one["Access-Control-Allow-Origin"] == "https://app.example")
        #expect(one["Vary"] == "Origin")
        #expect(policy(origins: ["*"]).headers(for: request)["Access-Control-Allow-Origin"] == "*")
    }
}
