// functions [--only NAME] [--stride N] [--reference N] [--part K/N] [--list]
//
// Prints a line for each function: patterns, how many results differ, and the largest error. Ends with 1 where one differs.
// bench/functions.sh says more.

import Foundation
import Tensor

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("functions: \(message)\n".utf8))
    exit(2)
}

func option(_ name: String) -> String? {
    let arguments = CommandLine.arguments
    guard let at = arguments.firstIndex(of: name) else { return nil }
    guard at + 1 < arguments.count else { fail("\(name) needs a value") }
    return arguments[at + 1]
}

if CommandLine.arguments.contains("--list") {
    print(Function.all.map(\.name).joined(separator: "\n"))
    exit(0)
}

func count(_ name: String) -> Int {
    let text = option(name) ?? "1"
    guard let count = Int(text), (1...1 << 32).contains(count) else { fail("\(name) takes 1 to 2^32, not '\(text)'") }
    return count
}

let (stride, referring) = (UInt64(count("--stride")), count("--reference"))
let part = (option("--part") ?? "1/1").split(separator: "/").compactMap { UInt64($0) }
guard part.count == 2, part[0] > 0, part[0] <= part[1] else { fail("--part takes K/N with K from 1 to N") }
let chosen = Function.all.filter { option("--only") == nil || option("--only") == $0.name }
if chosen.isEmpty { fail("no such function; --list names them") }

// Parts begin at multiples of the stride, so that together they take the patterns of one run.
let steps = ((1 << 32) + stride - 1) / stride
let (first, end) = (steps * (part[0] - 1) / part[1] * stride, steps * part[0] / part[1] * stride)
var status: Int32 = 0
for function in chosen {
    var sweep = Sweep(function)
    sweep.run(from: first, to: min(end, 1 << 32), stride: stride, referring: referring)
    if stride > 1 || referring > 1 {
        // Around every power of two, both signs: where formulas change over.
        for exponent in UInt64(0)..<512 {
            let middle = exponent << 23
            sweep.run(from: max(middle, 256) - 256, to: middle + 256, stride: 1, referring: 1)
        }
    }
    var line = "\(function.name): \(sweep.patterns) patterns"
    for (set, count) in sweep.differing { line += ", \(set.rawValue) \(count) differ" }
    line += ", \(sweep.referred) by the reference, \(sweep.unlikeReference) differ"
    if let at = sweep.firstDifference {
        line += " (first at 0x\(String(at, radix: 16)))"
        status = 1
    }
    if function.truth != nil {
        line += String(
            format: "; largest error %.4f ulp at %a, %.4f ulp from zero up, %.3g absolute",
            sweep.error.ulps, sweep.error.at, sweep.error.ulpsAboveZero, sweep.error.absolute)
    }
    print(line)
}
exit(status)
