import Bytes
import Ledger
import Testing

@Suite struct RevertReasonTests {
    private func error(_ tail: String) throws -> [UInt8] { try [UInt8](hex: "08c379a0" + tail) }
    private let zeros = String(repeating: "0", count: 62)

    @Test func textIsRead() throws {
        let data = try error(zeros + "20" + zeros + "02" + "6869" + String(repeating: "0", count: 60))
        #expect(RevertReason(data) == .text("hi"))
        #expect("\(RevertReason(data))" == "execution reverted: hi")
    }

    @Test func panicsAreNamed() throws {
        let data = try [UInt8](hex: "4e487b71" + zeros + "11")
        #expect("\(RevertReason(data))" == "execution reverted: arithmetic underflow or overflow")
        #expect(
            "\(RevertReason(try [UInt8](hex: "4e487b71" + zeros + "99")))"
                == "execution reverted: unknown panic code: 0x99")
    }

    @Test func otherDataIsACustomError() throws {
        #expect(RevertReason([]) == .none)
        #expect("\(RevertReason([]))" == "execution reverted")
        #expect(RevertReason([1, 2, 3, 4, 5]) == .custom(selector: [1, 2, 3, 4], arguments: [5]))
        #expect(RevertReason([1]) == .custom(selector: [1], arguments: []))
    }

    /// Offsets and lengths that point outside must not be followed.
    @Test func brokenTextsDoNotTrap() throws {
        let far = String(repeating: "f", count: 64)
        for tail in [
            "", zeros + "20", far + zeros + "02", zeros + "20" + far, zeros + "20" + zeros + "03" + "6869",
            zeros + "40" + zeros + "02",
        ] {
            let data = try error(tail)
            #expect(
                RevertReason(data) == .custom(selector: [0x08, 0xc3, 0x79, 0xa0], arguments: Array(data.dropFirst(4))))
        }
    }
}
