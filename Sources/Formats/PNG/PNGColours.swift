/// What turns stored samples into colours: the palette, the transparent colour, the widening of few bits.
struct PNGColours {
    let header: PNGHeader
    /// Three bytes a colour.
    let palette: [UInt8]
    /// The tRNS chunk.
    let transparency: [UInt8]?
    let place: String

    /// The channels of a pixel and all samples, of 8 or 16 bits.
    func applied(to image: [UInt16]) throws(FormatError) -> (channels: Int, samples: [UInt16]) {
        switch header.colour {
        case .palette: return try fromPalette(image)
        case .grey, .rgb:
            guard let transparency else { return (header.samplesPerPixel, image.map(widened)) }
            return try withAlpha(image, transparency)
        case .greyAlpha, .rgba: return (header.samplesPerPixel, image)
        }
    }

    /// A sample of fewer than 8 bits, spread over 0...255.
    private func widened(_ sample: UInt16) -> UInt16 {
        switch header.depth {
        case 1: sample * 255
        case 2: sample * 85
        case 4: sample * 17
        default: sample
        }
    }

    private func fromPalette(_ image: [UInt16]) throws(FormatError) -> (channels: Int, samples: [UInt16]) {
        let count = palette.count / 3
        guard count > 0, count <= 256, palette.count % 3 == 0, (transparency?.count ?? 0) <= count else {
            throw FormatError(place, "its palette is missing or damaged")
        }
        let channels = transparency == nil ? 3 : 4
        var samples: [UInt16] = []
        samples.reserveCapacity(image.count * channels)
        for index in image.lazy.map(Int.init) {
            guard index < count else {
                throw FormatError(place, "has a pixel of colour \(index), its palette has \(count); it is damaged")
            }
            for channel in 0..<3 { samples.append(UInt16(palette[3 * index + channel])) }
            if let transparency { samples.append(index < transparency.count ? UInt16(transparency[index]) : 255) }
        }
        return (channels, samples)
    }

    /// One colour is transparent, all others are opaque.
    private func withAlpha(
        _ image: [UInt16], _ transparency: [UInt8]
    ) throws(FormatError) -> (channels: Int, samples: [UInt16]) {
        let width = header.samplesPerPixel
        guard transparency.count == 2 * width else { throw FormatError(place, "its transparent colour is damaged") }
        let clear = (0..<width).map { UInt16(transparency[2 * $0]) << 8 | UInt16(transparency[2 * $0 + 1]) }
        let opaque: UInt16 = header.depth == 16 ? 65535 : 255
        var samples: [UInt16] = []
        samples.reserveCapacity(image.count / width * (width + 1))
        for start in stride(from: 0, to: image.count, by: width) {
            let pixel = image[start..<start + width]
            samples += pixel.map(widened)
            samples.append(pixel.elementsEqual(clear) ? 0 : opaque)
        }
        return (width + 1, samples)
    }
}
