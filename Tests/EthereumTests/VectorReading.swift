import Bytes
import JSON
import Testing

/// Typed reading of hexadecimal vector files.
extension JSON {
    func hexBytes(_ key: String) throws -> [UInt8] { try [UInt8](hex: string(key)) }
    func hash(_ key: String) throws -> Hash32 { try Hash32(hex: string(key)) }
    func address(_ key: String) throws -> Address { try Address(hex: string(key)) }
    func word(_ key: String) throws -> U256 { try #require(U256(string(key))) }
    var hexBytes: [UInt8] { get throws { try [UInt8](hex: #require(stringValue)) } }
    var elements: [JSON] { get throws { try #require(arrayValue) } }
}
