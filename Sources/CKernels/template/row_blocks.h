// Elementwise operations over some rows at once, each operand a matrix, one number a row, one row for all, or a number.

/// Element (r, c) of an operand is `p[r * row + c * step]`; the step is 0 or 1.
static void k_binary_rows(
    int op, const struct cairn_row_operand *a, const struct cairn_row_operand *b, float *y, long rows, long cols) {
    for (long r = 0; r < rows; r++)
        k_binary(op, a->p + r * a->row, a->step, b->p + r * b->row, b->step, y + r * cols, cols);
}

static void k_fma_rows(
    const struct cairn_row_operand *a, const struct cairn_row_operand *b, const struct cairn_row_operand *c, float *y,
    long rows, long cols) {
    for (long r = 0; r < rows; r++)
        k_fma(
            a->p + r * a->row, a->step, b->p + r * b->row, b->step, c->p + r * c->row, c->step, y + r * cols, cols);
}
