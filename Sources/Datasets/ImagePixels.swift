import Formats

/// The pixels of one image as a model takes them: channel by channel, row by row, each 0...255.
struct ImagePixels {
    let width: Int
    let height: Int
    let channels: Int
    /// `channels * height * width`. Samples of 16 bits are divided by 257, so that their greatest is 255 too.
    let values: [Float]

    /// The image with another number of channels: alpha is left out or opaque, colours become grey as Pillow's `convert("L")` does it
    /// (ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B, in integers).
    init(_ image: PNG, channels: Int) {
        (width, height, self.channels) = (image.width, image.height, channels)
        let pixels = image.width * image.height
        let (unit, opaque): (Float, UInt16) = image.depth == 16 ? (257, 65535) : (1, 255)
        var values = [Float](repeating: 0, count: channels * pixels)
        for pixel in 0..<pixels {
            let sample = { (channel: Int) in image.samples[pixel * image.channels + channel] }
            for channel in 0..<channels {
                let value: UInt16
                switch (image.channels, channels, channel) {
                case (1, 4, 3), (3, 4, 3): value = opaque
                case (2, 4, 3): value = sample(1)
                case (1, _, _), (2, _, _): value = sample(0)
                case (_, 1, _):
                    let sum = UInt32(sample(0)) * 19595 + UInt32(sample(1)) * 38470 + UInt32(sample(2)) * 7471 + 0x8000
                    value = UInt16(truncatingIfNeeded: sum >> 16)
                default: value = sample(channel)
                }
                values[channel * pixels + pixel] = Float(value) / unit
            }
        }
        self.values = values
    }

    private init(width: Int, height: Int, channels: Int, values: [Float]) {
        (self.width, self.height, self.channels, self.values) = (width, height, channels, values)
    }

    /// The image in another size, each pixel between its four nearest, centres on centres: `torch.nn.functional.interpolate` with
    /// `mode="bilinear"` and `align_corners=False`.
    func scaled(to size: ImageSize) -> ImagePixels {
        guard size.width != width || size.height != height else { return self }
        let columns = Self.neighbours(from: width, to: size.width)
        let rows = Self.neighbours(from: height, to: size.height)
        var result: [Float] = []
        result.reserveCapacity(channels * size.width * size.height)
        for channel in 0..<channels {
            let plane = channel * width * height
            for row in rows {
                for column in columns {
                    let (a, b) = (plane + row.first * width, plane + row.second * width)
                    let above =
                        values[a + column.first] * (1 - column.weight) + values[a + column.second] * column.weight
                    let below =
                        values[b + column.first] * (1 - column.weight) + values[b + column.second] * column.weight
                    result.append(above * (1 - row.weight) + below * row.weight)
                }
            }
        }
        return ImagePixels(width: size.width, height: size.height, channels: channels, values: result)
    }

    /// For each new position the two old ones that it lies between, and the weight of the second.
    private static func neighbours(from old: Int, to new: Int) -> [(first: Int, second: Int, weight: Float)] {
        let step = Float(old) / Float(new)
        return (0..<new).map { position in
            let place = max(0, (Float(position) + 0.5) * step - 0.5)
            let first = min(Int(place), old - 1)
            return (first, min(first + 1, old - 1), place - Float(first))
        }
    }
}
