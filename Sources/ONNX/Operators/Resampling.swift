/// Which elements of an axis make up each element of the resized axis, and with which weights.
struct Resampling {
    /// One source element for every place of the result; nil weights are ones.
    struct Tap {
        let places: [Int]
        let weights: [Float]?
    }

    let mode: String
    let transform: String
    let rounding: String
    let size: Int
    let target: Int
    let scale: Double
    /// The parameter of the cubic convolution.
    let cubic: Double
    let excludesOutside: Bool
    let isAntialiased: Bool
    /// The part of the axis that is kept, in units of its length.
    let region: (start: Double, end: Double)?
    /// The scale was given, and the exact scaled size need not be whole.
    let isStatedByScale: Bool

    /// Where a place of the result lies in the source; nil for a transform of another name.
    private func source(_ place: Int) -> Double? {
        let out = Double(place)
        switch transform {
        case "half_pixel": return (out + 0.5) / scale - 0.5
        case "pytorch_half_pixel": return target > 1 ? (out + 0.5) / scale - 0.5 : 0
        case "asymmetric": return out / scale
        case "half_pixel_symmetric":
            let adjustment = Double(target) / (scale * Double(size))
            return Double(size) / 2 * (1 - adjustment) + (out + 0.5) / scale - 0.5
        case "align_corners":
            let exact = isStatedByScale ? Double(size) * scale : Double(target)
            return exact == 1 ? 0 : out * Double(size - 1) / (exact - 1)
        case "tf_crop_and_resize":
            guard let region else { return nil }
            let last = Double(size - 1)
            guard target > 1 else { return 0.5 * (region.start + region.end) * last }
            return region.start * last + out * (region.end - region.start) * last / Double(target - 1)
        default: return nil
        }
    }

    /// For a cropped region: which places of the result lie in the source.
    func isInside() -> [Bool] {
        (0..<target).map { place in source(place).map { $0 >= 0 && $0 <= Double(size - 1) } ?? false }
    }

    /// nil when the mode, the transform or the rounding is none of the standard's.
    func taps() -> [Tap]? {
        var sources: [Double] = []
        for place in 0..<target {
            guard let source = source(place) else { return nil }
            sources.append(source)
        }
        func bounded(_ place: Double) -> Int { Int(min(max(place, 0), Double(size - 1))) }
        switch mode {
        case "nearest":
            var places: [Int] = []
            for source in sources {
                switch rounding {
                case "floor": places.append(bounded(source.rounded(.down)))
                case "ceil": places.append(bounded(source.rounded(.up)))
                case "round_prefer_floor": places.append(bounded((source - 0.5).rounded(.up)))
                case "round_prefer_ceil": places.append(bounded((source + 0.5).rounded(.down)))
                default: return nil
                }
            }
            return [Tap(places: places, weights: nil)]
        case "linear": return weighted(sources, radius: 1) { max(0, 1 - abs($0)) }
        case "cubic": return weighted(sources, radius: 2, kernel: cubicKernel)
        default: return nil
        }
    }

    /// R. Keys, "Cubic convolution interpolation for digital image processing", 1981.
    private func cubicKernel(_ distance: Double) -> Double {
        let x = abs(distance)
        if x <= 1 { return ((cubic + 2) * x - (cubic + 3)) * x * x + 1 }
        if x < 2 { return ((cubic * x - 5 * cubic) * x + 8 * cubic) * x - 4 * cubic }
        return 0
    }

    /// Every source within the radius, stretched by the scale where antialiasing shrinks.
    private func weighted(_ sources: [Double], radius: Int, kernel: (Double) -> Double) -> [Tap]? {
        let stretch = isAntialiased && scale < 1 ? scale : 1
        let reach = Double(radius) / stretch
        guard reach * Double(target) <= 0x1p22 else { return nil }
        let count = 2 * Int(reach.rounded(.up))
        var places = [[Int]](repeating: [], count: count)
        var weights = [[Double]](repeating: [], count: count)
        for source in sources {
            let first = Int(source.rounded(.down)) - count / 2 + 1
            var row: [Double] = []
            for tap in 0..<count {
                let place = first + tap
                let isOutside = place < 0 || place >= size
                row.append(excludesOutside && isOutside ? 0 : kernel((Double(place) - source) * stretch))
                places[tap].append(min(max(place, 0), size - 1))
            }
            let total = row.reduce(0, +)
            let isScaled = (stretch < 1 || excludesOutside) && total != 0
            for tap in 0..<count { weights[tap].append(isScaled ? row[tap] / total : row[tap]) }
        }
        return (0..<count).map { Tap(places: places[$0], weights: weights[$0].map { Float($0) }) }
    }
}
