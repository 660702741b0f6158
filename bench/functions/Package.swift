// swift-tools-version: 6.2
//
// Every function of the canonical arithmetic at every bit pattern (bench/functions.sh runs it). A package of its own, because
// hours of sweeping are no part of the product. `Modules` leads to Cairn's sources, so that `package` access holds.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Modules/" + name, swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Modules/System/" + name, pkgConfig: pkgConfig)
}

let package = Package(
    name: "cairn-functions",
    targets: [
        system("CSecp256k1", pkgConfig: "libsecp256k1"),
        system("COpenSSL", pkgConfig: "libcrypto"),
        .target(name: "CKeccak", path: "Modules/CKeccak"),
        .target(
            name: "CKernels", path: "Modules/CKernels",
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        module("Bytes"),
        module("Crypto", ["Bytes", "CKeccak", "CSecp256k1", "COpenSSL"]),
        module("Tensor", ["CKernels", "Crypto"]),
        .executableTarget(name: "functions", dependencies: ["Tensor"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
