import Datasets
import Foundation
import Storage

/// A folder that goes with its value; files are written by their path in it.
final class DataFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-data-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let full = "\(path)/\(name)"
        try Files.makeDirectory(String(full.prefix(upTo: full.lastIndex(of: "/") ?? full.endIndex)))
        try Files.write(bytes, to: full)
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    /// What a source says when it refuses something in this folder, with paths from it.
    func refusal(_ name: String, _ schema: DataSchema = DataSchema()) -> String {
        do {
            _ = try DataSource.open("\(path)/\(name)", schema: schema)
            return "accepted"
        } catch { return "\(error)".replacingOccurrences(of: path + "/", with: "") }
    }
}
