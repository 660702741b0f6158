import Tensor

/// Floats as small integers: w is about (q - zero) * scale, with a scale for each slice or block of one axis.
struct Quantisation {
    /// The integers, one for each element.
    let integers: [Int8]
    let scales: [Float]
    /// One for each scale; nil where all are 0.
    let zeros: [Int8]?

    /// One scale for each place of `axis`, 8 bits.
    ///
    /// Symmetric: the greatest magnitude becomes 127. Otherwise the range of the slice, 0 in it, becomes -128...127.
    init(eightBits weights: [Float], shape: [Int], axis: Int, isSymmetric: Bool) {
        let (places, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
        var low = [Float](repeating: 0, count: places)
        var high = low
        for (index, weight) in weights.enumerated() {
            let place = index / inner % places
            low[place] = min(low[place], weight)
            high[place] = max(high[place], weight)
        }
        var scales: [Float] = []
        var zeros: [Int8] = []
        for place in 0..<places {
            let range = isSymmetric ? 2 * max(-low[place], high[place]) / 254 : (high[place] - low[place]) / 255
            let scale = range > 0 && range.isFinite ? range : 1
            scales.append(scale)
            zeros.append(isSymmetric ? 0 : Self.rounded(-128 - low[place] / scale, -128...127))
        }
        integers = weights.enumerated().map { index, weight in
            let place = index / inner % places
            return Self.rounded(weight / scales[place] + Float(zeros[place]), (isSymmetric ? -127 : -128)...127)
        }
        self.scales = scales
        self.zeros = isSymmetric ? nil : zeros
    }

    /// One scale for each block of `block` places of `axis`, 4 bits, symmetric: the greatest magnitude becomes 7.
    init(fourBits weights: [Float], shape: [Int], axis: Int, block: Int) {
        let (places, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
        let blocks = (places + block - 1) / block
        func scaleIndex(_ index: Int) -> Int {
            let (outer, place, rest) = (index / inner / places, index / inner % places, index % inner)
            return (outer * blocks + place / block) * inner + rest
        }
        var greatest = [Float](repeating: 0, count: shape[..<axis].reduce(1, *) * blocks * inner)
        for (index, weight) in weights.enumerated() {
            let place = scaleIndex(index)
            greatest[place] = max(greatest[place], abs(weight))
        }
        let scales = greatest.map { $0 > 0 && $0.isFinite ? $0 / 7 : 1 }
        integers = weights.enumerated().map { Self.rounded($1 / scales[scaleIndex($0)], -7...7) }
        self.scales = scales
        zeros = nil
    }

    private static func rounded(_ value: Float, _ range: ClosedRange<Int>) -> Int8 {
        guard !value.isNaN else { return 0 }
        let nearest = value.rounded(.toNearestOrEven)
        return Int8(max(Float(range.lowerBound), min(Float(range.upperBound), nearest)))
    }

    /// Two four-bit integers a byte, the first in the low half.
    var packed: [UInt8] {
        stride(from: 0, to: integers.count, by: 2).map { index in
            let low = UInt8(bitPattern: integers[index]) & 15
            let high = index + 1 < integers.count ? UInt8(bitPattern: integers[index + 1]) & 15 : 0
            return low | high << 4
        }
    }
}

/// The weights with the given share of them set to zero: the smallest magnitudes, of equal ones the first.
func pruned(_ weights: [Float], share: Float) -> [Float] {
    let count = Int((Float(weights.count) * share).rounded(.down))
    var result = weights
    let order = weights.indices.sorted { (abs(weights[$0]), $0) < (abs(weights[$1]), $1) }
    for index in order[..<count] { result[index] = 0 }
    return result
}
