import Tensor

/// How the elements of the matrices of a product lie.
struct MatrixLayout {
    /// Distance of rows, or of columns when a matrix is stored transposed.
    let leading: Int
    let isTransposed: Bool

    /// Of the last two axes; nil when neither rows nor columns are runs of neighbours.
    init?(_ shape: [Int], _ strides: [Int]) {
        guard shape.count >= 2 else { return nil }
        let (rows, cols) = (shape[shape.count - 2], shape[shape.count - 1])
        let (down, across) = (strides[shape.count - 2], strides[shape.count - 1])
        if rows == 0 || cols == 0 {
            (leading, isTransposed) = (max(cols, 1), false)
        } else if cols == 1, down >= 1 || rows == 1 {
            (leading, isTransposed) = (max(down, 1), false)
        } else if across == 1, down >= 1 || rows == 1 {
            (leading, isTransposed) = (rows == 1 ? cols : down, false)
        } else if down == 1 || rows == 1, across >= 1 {
            (leading, isTransposed) = (across, true)
        } else {
            return nil
        }
    }
}
