// swift-tools-version: 6.2
//
// Fuzz targets for the parsers of outside bytes (`./run` says how). A package of its own, because instrumented code and
// libFuzzer have no place in a plain `swift build`. `Modules` leads to Cairn's sources, so that `package` access holds.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module of Cairn, instrumented so that the fuzzer sees which branches an input takes.
///
/// - Parameter testable: whether targets may read with what the module keeps to itself (`@testable import`).
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], testable: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Modules/" + name, resources: resources,
        swiftSettings: settings + [
            .unsafeFlags(["-sanitize=fuzzer,address"] + (testable ? ["-enable-testing"] : []))
        ])
}

func system(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Modules/System/" + name, pkgConfig: pkgConfig)
}

let package = Package(
    name: "cairn-fuzz",
    targets: [
        system("CSecp256k1", pkgConfig: "libsecp256k1"),
        system("COpenSSL", pkgConfig: "libcrypto"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd"),
        system("CCurl", pkgConfig: "libcurl"),
        system("CWslay"),
        system("CZlib", pkgConfig: "zlib"),
        system("CSQLite", pkgConfig: "sqlite3"),
        system("CAllocator"),
        module("Bytes"),
        // The kernels have no reader of outside bytes.
        .target(name: "CKernels", path: "Modules/CKernels", linkerSettings: [.linkedLibrary("m")]),
        module("JSON", ["Bytes"]),
        .target(name: "CKeccak", path: "Modules/CKeccak"),
        module("Crypto", ["Bytes", "CKeccak", "CSecp256k1", "COpenSSL"]),
        module("Ethereum", ["Bytes", "Crypto", "JSON"]),
        module("HTTP", ["CAllocator", "CMicrohttpd", "CCurl", "COpenSSL", "CWslay"]),
        module("Compression", ["CZlib"]),
        module("Storage", ["Bytes", "Crypto", "CSQLite"]),
        module("Pairing", ["Bytes", "Crypto"]),
        module("EVM", ["Bytes", "Crypto", "Ethereum", "Pairing"]),
        module("Ledger", ["Bytes", "Crypto", "Ethereum"]),
        module("Devchain", ["Bytes", "Crypto", "Ethereum", "EVM", "JSON", "Ledger", "Storage"], testable: true),
        module("Tensor", ["CKernels", "Crypto"]),
        module("Formats", ["Compression", "JSON", "Tensor"]),
        module("Graph", ["Bytes", "Crypto", "Tensor"]),
        module("ONNX", ["Graph", "Tensor"]),
        module(
            "Datasets", ["Bytes", "Compression", "Crypto", "Formats", "JSON", "Storage", "Tensor"],
            resources: [.embedInCode("Resources/digits.csv.gz")]),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Bytes", "Compression", "Crypto", "Datasets", "Devchain", "Ethereum", "Formats", "Graph", "HTTP",
                "JSON",
                "Ledger", "ONNX", "Storage", "Tensor",
            ],
            swiftSettings: settings + [.unsafeFlags(["-sanitize=fuzzer,address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ],
    swiftLanguageModes: [.v6]
)
