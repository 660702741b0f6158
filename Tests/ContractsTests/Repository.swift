import Foundation
import JSON

/// Files of this repository, found from where this source stands.
enum Repository {
    static func root(from file: String = #filePath) -> URL {
        URL(filePath: file).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: Array(Data(contentsOf: root().appending(path: path))))
    }
}
