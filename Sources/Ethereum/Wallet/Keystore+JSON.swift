import Bytes
import Crypto
package import JSON

extension Keystore {
    /// Reads a keystore file.
    package init(parsing file: [UInt8]) throws(KeystoreError) {
        let json: JSON
        do { json = try JSON(parsing: file, maxDepth: 16) } catch { throw .corrupt("it is no JSON: \(error)") }
        try self.init(json: json)
    }

    package init(json: JSON) throws(KeystoreError) {
        guard json.objectValue != nil else { throw .corrupt("it is no JSON object") }
        guard json["version"]?.intValue == 3 else {
            throw .unsupported("its version is \(json["version"]?.text ?? "missing"); 3 is read")
        }
        let reader = FieldReader(json: json["crypto"] ?? json["Crypto"] ?? nil)
        guard reader.json.objectValue != nil else { throw .corrupt("\"crypto\" is missing") }
        let cipher = try reader.text("cipher")
        guard cipher == "aes-128-ctr" else { throw .unsupported("its cipher is \(cipher); aes-128-ctr is read") }
        let parameters = FieldReader(json: reader.json["kdfparams"] ?? nil)
        let derivation = try Keystore.derivation(try reader.text("kdf"), parameters)
        let keyLength = try parameters.number("dklen")
        guard (32...256).contains(keyLength) else { throw .unsupported("its \"dklen\" is \(keyLength); 32 is usual") }
        let iv = try FieldReader(json: reader.json["cipherparams"] ?? nil).bytes("iv")
        guard iv.count == 16 else { throw .corrupt("its \"iv\" has \(iv.count) bytes instead of 16") }
        let ciphertext = try reader.bytes("ciphertext")
        guard ciphertext.count == 32 else {
            throw .corrupt("its \"ciphertext\" has \(ciphertext.count) bytes instead of 32")
        }
        guard let mac = Hash32(checking: try reader.bytes("mac")) else { throw .corrupt("its \"mac\" is not 32 bytes") }
        self.init(
            address: try FieldReader(json: json).address(), derivation: derivation,
            id: json["id"]?.stringValue ?? "", keyLength: keyLength, salt: try parameters.bytes("salt"), iv: iv,
            ciphertext: ciphertext, mac: mac,
            statedChecksum: json["checksum"]?.stringValue.flatMap { try? Hash32(hex: $0) })
    }

    private static func derivation(_ name: String, _ parameters: FieldReader) throws(KeystoreError) -> Derivation {
        switch name {
        case "scrypt":
            return .scrypt(
                n: try parameters.number("n"), r: try parameters.number("r"), p: try parameters.number("p"))
        case "pbkdf2":
            let function = try parameters.text("prf")
            guard function == "hmac-sha256" else {
                throw .unsupported("its PBKDF2 uses \(function); hmac-sha256 is read")
            }
            return .pbkdf2(iterations: try parameters.number("c"))
        default: throw .unsupported("its key derivation is \(name); scrypt and pbkdf2 are read")
        }
    }

    /// The file's content; write `json.prettyText` to keep it.
    package var json: JSON {
        var object: JSONObject = [:]
        if let address { object["address"] = .string(address.hex) }
        object["crypto"] = crypto
        object["id"] = .string(id)
        object["version"] = 3
        object["checksum"] = .string(checksum.hex)
        return .object(object)
    }

    /// Keccak-256 of what `decrypt` depends on, in one fixed spelling.
    var checksum: Hash32 { keccak256(utf8: (address?.hex ?? "") + crypto.text) }

    private var crypto: JSON {
        let parameters: JSON =
            switch derivation {
            case .scrypt(let n, let r, let p):
                ["dklen": JSON(keyLength), "n": JSON(n), "p": JSON(p), "r": JSON(r), "salt": .string(salt.hex)]
            case .pbkdf2(let iterations):
                [
                    "c": JSON(iterations), "dklen": JSON(keyLength), "prf": "hmac-sha256",
                    "salt": .string(salt.hex),
                ]
            }
        let name: JSON = if case .scrypt = derivation { "scrypt" } else { "pbkdf2" }
        return [
            "cipher": "aes-128-ctr", "cipherparams": ["iv": .string(iv.hex)], "ciphertext": .string(ciphertext.hex),
            "kdf": name, "kdfparams": parameters, "mac": .string(mac.hex),
        ]
    }
}

/// Reads fields and says which one is wrong.
private struct FieldReader {
    let json: JSON

    func text(_ key: String) throws(KeystoreError) -> String {
        guard let text = json[key]?.stringValue else { throw .corrupt("\"\(key)\" is missing") }
        return text
    }

    func number(_ key: String) throws(KeystoreError) -> Int {
        guard let number = json[key]?.intValue else { throw .corrupt("\"\(key)\" is missing or no number") }
        return number
    }

    func bytes(_ key: String) throws(KeystoreError) -> [UInt8] {
        let text = try text(key)
        do { return try [UInt8](hex: text) } catch { throw .corrupt("\"\(key)\": \(error)") }
    }

    /// The address, if the file has one.
    func address() throws(KeystoreError) -> Address? {
        guard let text = json["address"]?.stringValue, !text.isEmpty else { return nil }
        do { return try Address(hex: text) } catch { throw .corrupt("\"address\": \(error)") }
    }
}
