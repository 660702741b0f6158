// swift-tools-version: 6.2
//
// Cairn: decentralised AI training and inference with Ethereum contracts as the trust anchor.
//
// The targets below stand in layers (docs/architecture.md has the picture). A target depends only on
// targets of layers above its own place in this file; nothing points down the page.

import PackageDescription

/// Settings every Swift target shares.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library module of Cairn; `package` access joins them.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// The tests of one module, named after it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
        swiftSettings: settings)
}

/// A Debian system library, seen through a module map and a shim header.
func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/" + name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "cairn",
    products: [.executable(name: "cairn", targets: ["cairn"])],
    targets: [
        // System libraries (never imported above layer 1).
        system("CSecp256k1", pkgConfig: "libsecp256k1", apt: "libsecp256k1-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CWslay", apt: "libwslay-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CAllocator", apt: "libc6-dev"),

        // Layer 0: fixed-size bytes, hexadecimal, 256-bit integers.
        module("Bytes"),

        // Layer 1: leaf modules.
        .target(name: "CKeccak"),
        .target(name: "CKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        module("JSON", ["Bytes"]),
        module("Crypto", ["Bytes", "CKeccak", "CSecp256k1", "COpenSSL"]),
        module("Compression", ["CZlib"]),
        module("Storage", ["Bytes", "Crypto", "CSQLite"]),
        module("HTTP", ["CAllocator", "CMicrohttpd", "CCurl", "COpenSSL", "CWslay"]),
        module("Arguments"),

        // Layer 2: the Ethereum formats; canonical arithmetic on arrays.
        module("Ethereum", ["Bytes", "Crypto", "JSON"]),
        module("Pairing", ["Bytes", "Crypto"]),
        module("Tensor", ["CKernels", "Crypto"]),

        // Layer 3: execution on each side.
        module("EVM", ["Bytes", "Crypto", "Ethereum", "Pairing"]),
        module("Formats", ["Compression", "JSON", "Tensor"]),
        module("Graph", ["Bytes", "Crypto", "Tensor"]),

        // Layer 4: chains behind one protocol; training and commitments.
        module("Ledger", ["Bytes", "Crypto", "Ethereum"]),
        module("Devchain", ["Bytes", "Crypto", "Ethereum", "EVM", "JSON", "Ledger", "Storage"]),
        module("ChainClient", ["Bytes", "Crypto", "Ethereum", "HTTP", "JSON", "Ledger"]),
        module(
            "Datasets", ["Bytes", "Compression", "Crypto", "Formats", "JSON", "Storage", "Tensor"],
            resources: [.embedInCode("Resources/digits.csv.gz")]),
        module("Training", ["Bytes", "Crypto", "Datasets", "Graph", "Tensor"]),
        module("ONNX", ["Graph", "Tensor"]),
        module("Transcript", ["Bytes", "Crypto", "Tensor"]),

        // Layer 5: what people do with a network file; contracts as Swift values; the chain as a JSON-RPC endpoint.
        module("Networks", ["Bytes", "Crypto", "Datasets", "Formats", "Graph", "JSON", "ONNX", "Tensor", "Training"]),
        module("Contracts", ["Bytes", "Crypto", "Ethereum", "JSON", "Ledger"]),
        // Conformance fixtures, transitions and measured runs of the EVM, for the command line and the tests.
        module("EVMTools", ["Bytes", "Crypto", "Ethereum", "EVM", "JSON"]),
        module("Workspace", ["Bytes", "Contracts", "Crypto", "Ethereum", "JSON", "Storage"]),
        module("Stateless", ["Bytes", "ChainClient", "Crypto", "Ethereum", "EVM", "Ledger"]),
        module("Node", ["Bytes", "Compression", "Crypto", "Devchain", "Ethereum", "EVM", "HTTP", "JSON", "Ledger"]),

        // Layer 6: what each role does against the contracts.
        module(
            "Federation",
            [
                "Bytes", "Contracts", "Crypto", "Datasets", "Ethereum", "Graph", "Ledger", "Storage", "Tensor",
                "Training", "Transcript",
            ]),
        module(
            "Serving",
            ["Bytes", "Contracts", "Crypto", "Datasets", "Ethereum", "Ledger", "Storage", "Training"]),
        module(
            "Referee",
            [
                "Bytes", "Contracts", "Crypto", "Datasets", "Ethereum", "Federation", "Ledger", "Serving", "Storage",
                "Training", "Transcript",
            ]),

        // Layer 7: what people look at.
        module("Report"),
        module(
            "Story",
            [
                "Bytes", "ChainClient", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Federation",
                "JSON", "Ledger", "Node", "Referee", "Report", "Serving", "Storage", "Tensor", "Training", "Transcript",
            ]),

        // Layer 8: the command line.
        .executableTarget(
            name: "cairn",
            dependencies: [
                "Arguments", "Bytes", "ChainClient", "Compression", "Contracts", "Crypto", "Datasets", "Devchain",
                "EVM", "EVMTools",
                "Ethereum", "Federation", "Formats", "Graph", "HTTP", "JSON", "Ledger", "Networks", "Node", "ONNX",
                "Referee", "Report", "Serving", "Stateless", "Storage", "Story", "Tensor", "Training", "Transcript",
                "Workspace",
            ],
            swiftSettings: settings),

        // Test vectors from independent implementations, and the scripts that made them.
        .target(
            name: "TestVectors", dependencies: ["JSON"], path: "Tests/TestVectors", exclude: ["data", "generate"],
            swiftSettings: settings),

        // Counts what a thread allocates, for tests that claim it is nothing.
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),

        // A process that loads an embedded chain, for tests that kill it and for measurements.
        .executableTarget(
            name: "ChainLoad", dependencies: ["Bytes", "Crypto", "Devchain", "Ethereum", "Ledger", "Storage"],
            path: "Tests/ChainLoad", swiftSettings: settings),

        // An embedded chain with the contracts and a few parties, for the tests of what the parties do.
        .target(
            name: "SmallWorld",
            dependencies: [
                "Bytes", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Federation", "Ledger", "Serving",
                "Storage", "Training",
            ],
            path: "Tests/SmallWorld", swiftSettings: settings),

        tests("Bytes", ["JSON", "TestVectors"]),
        tests("JSON", ["TestVectors"]),
        tests("Crypto", ["Bytes", "JSON", "TestVectors"]),
        tests("Compression", ["JSON", "TestVectors"]),
        tests("Storage", ["Bytes", "Crypto"]),
        tests("HTTP"),
        tests("Arguments"),
        tests("Pairing", ["Bytes", "Crypto", "JSON", "TestVectors"]),
        tests("Ethereum", ["Bytes", "Crypto", "JSON", "TestVectors"]),
        tests("Tensor", ["CKernels", "Compression"]),
        tests("EVM", ["Bytes", "Crypto", "Ethereum", "EVMTools", "JSON", "TestVectors"]),
        tests("Graph", ["AllocationCount", "Bytes", "Tensor"]),
        tests("Formats", ["Bytes", "Compression", "JSON", "Tensor", "TestVectors"]),
        tests("Ledger", ["Bytes", "Crypto", "Ethereum"]),
        tests(
            "Devchain", ["Bytes", "ChainLoad", "Crypto", "Ethereum", "EVM", "JSON", "Ledger", "Storage", "TestVectors"]),
        tests("ChainClient", ["Bytes", "Crypto", "Devchain", "Ethereum", "HTTP", "JSON", "Ledger", "Node"]),
        tests("Datasets", ["Bytes", "Compression", "Crypto", "JSON", "Storage", "Tensor", "TestVectors"]),
        tests("Training", ["Bytes", "Crypto", "Datasets", "Graph", "Tensor"]),
        tests("ONNX", ["Bytes", "Formats", "Graph", "Tensor", "Training"]),
        tests("Transcript", ["Bytes", "Crypto", "Tensor"]),
        tests("Networks", ["Bytes", "Datasets", "Formats", "Graph", "ONNX", "Tensor", "Training"]),
        tests("Contracts", ["Bytes", "Compression", "Crypto", "Devchain", "Ethereum", "EVM", "JSON", "Ledger"]),
        tests("Workspace", ["Bytes", "Contracts", "Crypto", "Ethereum", "Storage"]),
        tests(
            "Stateless", ["Bytes", "ChainClient", "Crypto", "Devchain", "Ethereum", "HTTP", "JSON", "Ledger", "Node"]),
        tests("Node", ["Bytes", "Crypto", "Devchain", "Ethereum", "HTTP", "JSON", "Ledger"]),
        tests(
            "Federation",
            [
                "Bytes", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Ledger", "SmallWorld", "Storage",
                "Tensor", "Training", "Transcript",
            ]),
        tests(
            "Serving",
            [
                "Bytes", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Federation", "Ledger",
                "SmallWorld",
                "Storage", "Training",
            ]),
        tests(
            "Referee",
            [
                "Bytes", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Federation", "Ledger", "Serving",
                "SmallWorld", "Storage", "Training",
            ]),
        tests("Report"),
        tests(
            "Story",
            [
                "Bytes", "ChainClient", "Contracts", "Crypto", "Datasets", "Devchain", "Ethereum", "Federation", "JSON",
                "Ledger", "Node", "Referee", "Serving", "SmallWorld", "Storage", "Training",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
