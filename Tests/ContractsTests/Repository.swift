import Foundation
import JSON

/// Files of this repository, found from where this source stands.
enum Repository {
    static func json(_ path: String, from file: String = #filePath) throws -> JSON {
        let root = URL(filePath: file).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: path))
        return try JSON(parsing: Array(data))
    }
}
