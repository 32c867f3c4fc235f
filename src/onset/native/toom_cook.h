/* Toom-Cook (one-dimensional Winograd) convolutions: m outputs of r taps from m + r - 1 products.
 *
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015). The matrices
 * are for the points 0, 1, -1, 2, -1/2, (-2) and infinity; packing.py computes them from the points,
 * and a test holds these copies to it. A transform of a column is unrolled with its zeros left out.
 */
#ifndef ONSET_TOOM_COOK_H
#define ONSET_TOOM_COOK_H

#include "vectors.h"

enum { MOST_POINTS = 7, MOST_OUTPUTS = 4 };

static const float input_44[7][7] = {
    {1, 2, -1.25f, -2.5f, 0.25f, 0.5f, 0},
    {0, 2.f / 9, 2.f / 3, 7.f / 18, -1.f / 6, -1.f / 9, 0},
    {0, 2.f / 3, 2.f / 3, -1.5f, -1.f / 6, 1.f / 3, 0},
    {0, -1.f / 60, -1.f / 24, 0, 1.f / 24, 1.f / 60, 0},
    {0, -128.f / 45, 0, 32.f / 9, 0, -32.f / 45, 0},
    {0, -1.f / 36, -1.f / 24, 1.f / 18, 1.f / 24, -1.f / 36, 0},
    {0, 2, 4, -2.5f, -5, 0.5f, 1},
};
static const float output_44[4][7] = {
    {1, 1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -0.5f, -2, 0},
    {0, 1, 1, 4, 0.25f, 4, 0},
    {0, 1, -1, 8, -0.125f, -8, 1},
};
static const float input_43[6][6] = {
    {1, 1.5f, -2, -1.5f, 1, 0},
    {0, 1.f / 3, 5.f / 6, 1.f / 6, -1.f / 3, 0},
    {0, 1.f / 3, 1.f / 6, -5.f / 6, 1.f / 3, 0},
    {0, -1.f / 30, -1.f / 15, 1.f / 30, 1.f / 15, 0},
    {0, -32.f / 15, 16.f / 15, 32.f / 15, -16.f / 15, 0},
    {0, 1, 1.5f, -2, -1.5f, 1},
};
static const float output_43[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -0.5f, 0},
    {0, 1, 1, 4, 0.25f, 0},
    {0, 1, -1, 8, -0.125f, 1},
};

/* y = matrix x. Called with constants only, so that what is left are the sums. */
#define TRANSFORM(matrix, rows, columns)                                     \
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {                 \
        Floats sum = all(0);                                                 \
        int begun = 0;                                                       \
        _Pragma("GCC unroll 8") for (int j = 0; j < columns; j++) {          \
            if (matrix[i][j] == 0) continue;                                 \
            Floats term = matrix[i][j] == 1 ? x[j] : matrix[i][j] * x[j];    \
            sum = begun ? sum + term : term;                                 \
            begun = 1;                                                       \
        }                                                                    \
        y[i] = sum;                                                          \
    }

/* The inputs of a tile, [points] vectors, to what is multiplied. taps: of a group: 4, 3 or 1. */
INLINE void transform_inputs(int taps, const Floats *x, Floats *y) {
    if (taps == 4) {
        TRANSFORM(input_44, 7, 7)
    } else if (taps == 3) {
        TRANSFORM(input_43, 6, 6)
    } else {
        y[0] = x[0];
    }
}

/* The products of a tile to its outputs. */
INLINE void transform_outputs(int taps, const Floats *x, Floats *y) {
    if (taps == 4) {
        TRANSFORM(output_44, 4, 7)
    } else if (taps == 3) {
        TRANSFORM(output_43, 4, 6)
    } else {
        y[0] = x[0];
    }
}

#endif
