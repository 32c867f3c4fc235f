/* A convolution over time: activation, transform, product, inverse transform, sum.
 *
 * Tensors are [position][channel]. A thread prepares the inputs of some blocks of channels, waits
 * for the others, and multiplies them all with the weights of its own outputs. In the integer kind a
 * tile's inputs are rounded to 14 bits, with a scale for each block of channels. Nothing overflows:
 * packing.py asserts that the largest inputs times the weights of a block and group of taps, which
 * are what is summed in 32 bits, stay below 2^31. Sums of these are floats.
 */
#ifndef ONSET_CONVOLUTION_H
#define ONSET_CONVOLUTION_H

#include <stddef.h>

#include "layers.h"
#include "status.h"
#include "threads.h"
#include "toom_cook.h"

enum { TILES_AT_ONCE = 24 }; /* whose products wait in the cache for the inverse transform */

/* sin(pi x)^2 / x^2 as a polynomial in x^2, |x| <= 1/2: Chebyshev, wrong by at most 7e-8. */
static const float squared_sine[6] = {9.8696041f, -32.4696693f, 42.7271957f,
                                      -30.1014652f, 13.0500994f, -3.3565927f};

/* x + sin(alpha x)^2 / alpha; turns: alpha / pi, inverse: 1 / alpha. */
INLINE Floats snake(Floats x, Floats turns, Floats inverse) {
    Floats u = x * turns;
    u -= nearest(u);
    Floats square = u * u, sum = all(squared_sine[5]);
    _Pragma("GCC unroll 8") for (int i = 4; i >= 0; i--) sum = sum * square + all(squared_sine[i]);
    return x + sum * square * inverse;
}

INLINE Floats leaky(Floats x, float slope) {
    Ints below = x < 0;
    Floats scaled = x * slope;
    return (Floats)(((Ints)scaled & below) | ((Ints)x & ~below));
}

INLINE Floats activated(const Activation *activation, Floats x, int channel) {
    if (activation->scale)
        x = x * load(activation->scale + channel) + load(activation->shift + channel);
    if (activation->turns)
        return snake(x, load(activation->turns + channel), load(activation->inverse + channel));
    return leaky(x, activation->slope);
}

/* The same for fewer channels than a vector has. */
static void activate_tail(const Activation *activation, const float *from, float *to, int channel,
                          int count) {
    Floats vector = all(0);
    Activation rest = {.slope = activation->slope};
    memcpy(&vector, from, sizeof(float) * (size_t)count);
    if (activation->scale)
        for (int i = 0; i < count; i++)
            vector[i] = vector[i] * activation->scale[channel + i] + activation->shift[channel + i];
    vector = activated(&rest, vector, 0);
    memcpy(to, &vector, sizeof(float) * (size_t)count);
}

/* Channels [first, first + block) of the positions from `position` on, activated: to [rows][block].
 * Zeros before the tensor's first position and after its last. */
static void activate(const Convolution *c, const Activation *activation, const Rows *in,
                     long position, long rows, int first, float *to) {
    int end = first + c->block < c->inputs ? first + c->block : c->inputs;
    int whole = end - (end - first) % LANES;
    for (long r = 0; r < rows; r++, position++, to += c->block) {
        if (position < in->begin || position >= in->end) {
            memset(to, 0, sizeof(float) * (size_t)c->block);
            continue;
        }
        for (int k = first; k < whole; k += LANES)
            store(to + k - first, activated(activation, load(at(in, position, k)), k));
        if (whole < end)
            activate_tail(activation, at(in, position, whole), to + whole - first, whole,
                          end - whole);
        if (end < first + c->block)
            memset(to + end - first, 0, sizeof(float) * (size_t)(first + c->block - end));
    }
}

INLINE void load_column(const float *rows, long stride, int points, Floats *x) {
    _Pragma("GCC unroll 8") for (int i = 0; i < points; i++) x[i] = load(rows + i * stride);
}

/* The largest transformed input of a tile, each point by the norm of its transform, as bits. */
INLINE int32_t transform_tile(int taps, int points, int block, const float *weight,
                              const float *rows, long stride, float *to) {
    Ints most = {0};
    for (int k = 0; k < block; k += LANES) {
        Floats x[MOST_POINTS], y[MOST_POINTS];
        load_column(rows + k, stride, points, x);
        transform_inputs(taps, x, y);
        _Pragma("GCC unroll 8") for (int i = 0; i < points; i++) {
            Floats relative = y[i] * all(weight[i]);
            store(to + i * block + k, relative);
            most = larger(most, magnitude(relative));
        }
    }
    return largest(most);
}

INLINE void round_tile(int points, int block, const float *from, float scale, int16_t *to,
                       size_t point_stride) {
    _Pragma("GCC unroll 8") for (int i = 0; i < points; i++)
        for (int k = 0; k < block; k += LANES)
            *(ShortsAt *)(to + (size_t)i * point_stride + k) =
                to_shorts(load(from + i * block + k) * all(scale));
}

/* Tiles [begin, end) of one block of channels. rows: activated, from tile `begin` on. */
INLINE int32_t transform_tiles(const Convolution *c, int taps, int points, int integer, int block,
                               const float *rows, long begin, long end, int first,
                               const Prepared *to) {
    float values[MOST_POINTS * MOST_BLOCK];
    long d = c->dilation, start = begin / d * d * c->step;
    size_t point_stride = (size_t)to->tiles * (size_t)c->padded_inputs;
    int32_t worst = 0;
    for (long tile = begin; tile < end; tile++) {
        const float *from = rows + (tile / d * d * c->step + tile % d - start) * block;
        size_t place = (size_t)tile * (size_t)c->padded_inputs + (size_t)first;
        int32_t bits = transform_tile(taps, points, block, c->relative, from, d * block, values);
        worst = bits > worst ? bits : worst;
        if (integer) {
            float most;
            memcpy(&most, &bits, sizeof most);
            int nothing = !(most > 1e-30f);
            round_tile(points, block, values, nothing ? 0 : LARGEST_INPUT / most,
                       (int16_t *)to->values + place, point_stride);
            to->scales[(first / block) * to->tiles + tile] = nothing ? 0 : most / LARGEST_INPUT;
        } else {
            for (int i = 0; i < points; i++)
                memcpy((float *)to->values + (size_t)i * point_stride + place, values + i * block,
                       sizeof(float) * (size_t)block);
        }
    }
    return worst;
}

#define TRANSFORM_TILES(taps, points)                                                            \
    c->integer                                                                                   \
        ? (c->block == 128                                                                       \
               ? transform_tiles(c, taps, points, 1, 128, rows, begin, end, first, to)           \
               : transform_tiles(c, taps, points, 1, 64, rows, begin, end, first, to))           \
        : transform_tiles(c, taps, points, 0, c->block, rows, begin, end, first, to)

static int32_t transform_block(const Convolution *c, const float *rows, long begin, long end,
                               int first, const Prepared *to) {
    return c->taps == 4   ? TRANSFORM_TILES(4, 7)
           : c->taps == 3 ? TRANSFORM_TILES(3, 6)
                          : TRANSFORM_TILES(1, 1);
}

/* Activate and transform a thread's share of what `count` outputs from position `output` on need. */
static void prepare(const Convolution *c, const Activation *activation, const Rows *in,
                    long output, const Prepared *to, Pool *pool, int thread) {
    int blocks = c->padded_inputs / c->block, threads = pool_threads(pool);
    int parts = (threads + blocks - 1) / blocks;
    long d = c->dilation, columns = to->tiles / d; /* tiles a phase of the dilation */
    for (int unit = thread; unit < blocks * parts; unit += threads) {
        int first = unit % blocks * c->block, part = unit / blocks;
        long begin = columns * part / parts, end = columns * (part + 1) / parts;
        if (begin == end) continue;
        long rows = ((end - begin - 1) * c->step + c->points) * d;
        size_t size = sizeof(float) * (size_t)rows * (size_t)c->block;
        float *scratch = pool_memory(pool, thread, size + sizeof(float) * PRODUCTS);
        if (!scratch) {
            pool_fail(pool, STATUS_NO_MEMORY);
            return;
        }
        long position = output - c->before + begin * c->step * d;
        activate(c, activation, in, position, rows, first, scratch);
        int32_t worst = transform_block(c, scratch, begin * d, end * d, first, to);
        if (worst >= 0x7f800000) pool_fail(pool, STATUS_NOT_FINITE);
    }
}

/* `rows` rows of products for OUTPUTS outputs, summed over groups of taps and channels. */
INLINE void multiply_integers(const Convolution *c, const Prepared *in, int point, long tile,
                              const int16_t *weights, float *out, const int rows) {
    Ints sums[ROWS][VECTORS];
    size_t inputs = (size_t)c->padded_inputs, half = c->half_stride;
    const int16_t *values = (const int16_t *)in->values + (size_t)point * (size_t)in->tiles * inputs;
    for (int group = 0, begun = 0; group < c->groups; group++) {
        long from = tile + (long)group * c->dilation;
        const int16_t *x = values + (size_t)from * inputs;
        for (int first = 0; first < c->padded_inputs; first += c->block, begun = 1) {
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = (Ints){0};
            for (int k = first; k < first + c->block; k += 2, weights += 32) {
                Ints w[VECTORS];
                for (int v = 0; v < VECTORS; v++)
                    w[v] = *(const IntsAt *)(weights + (v * LANES / 16) * half + v * LANES % 16 * 2);
                for (int r = 0; r < rows; r++) {
                    int32_t pair;
                    memcpy(&pair, x + (size_t)r * inputs + k, sizeof pair);
                    Ints both = pair - (Ints){0};
                    for (int v = 0; v < VECTORS; v++)
                        sums[r][v] = add_products(sums[r][v], both, w[v]);
                }
            }
            const float *scales = in->scales + (first / c->block) * in->tiles + from;
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECTORS; v++) {
                    float *to = out + r * OUTPUTS + v * LANES;
                    Floats sum = to_floats(sums[r][v]) * all(scales[r]);
                    store(to, begun ? load(to) + sum : sum);
                }
        }
    }
}

INLINE void multiply_floats(const Convolution *c, const Prepared *in, int point, long tile,
                            const float *weights, float *out, const int rows, const int fused) {
    Floats sums[ROWS][VECTORS];
    size_t inputs = (size_t)c->padded_inputs, half = c->half_stride;
    const float *values = (const float *)in->values + (size_t)point * (size_t)in->tiles * inputs;
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < VECTORS; v++) sums[r][v] = all(0);
    for (int group = 0; group < c->groups; group++) {
        const float *x = values + (size_t)(tile + (long)group * c->dilation) * inputs;
        for (int k = 0; k < c->padded_inputs; k++, weights += 16) {
            Floats w[VECTORS];
            for (int v = 0; v < VECTORS; v++)
                w[v] = load(weights + (v * LANES / 16) * half + v * LANES % 16);
            for (int r = 0; r < rows; r++) {
                Floats input = all(x[(size_t)r * inputs + (size_t)k]);
                for (int v = 0; v < VECTORS; v++)
                    sums[r][v] = fused ? multiply_add(sums[r][v], input, w[v])
                                       : sums[r][v] + input * w[v];
            }
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < VECTORS; v++) store(out + r * OUTPUTS + v * LANES, sums[r][v]);
}

#define ROWS_CASE(n)                                                                \
    case n:                                                                         \
        if (n > ROWS) break;                                                        \
        if (c->integer)                                                             \
            multiply_integers(c, in, point, tile, weights, out, n > ROWS ? 1 : n);  \
        else if (c->fused)                                                          \
            multiply_floats(c, in, point, tile, weights, out, n > ROWS ? 1 : n, 1); \
        else                                                                        \
            multiply_floats(c, in, point, tile, weights, out, n > ROWS ? 1 : n, 0); \
        break;

/* The number of rows is a constant in each case, so that their sums stay in registers. */
static void multiply_rows(const Convolution *c, const Prepared *in, int point, long tile,
                          const void *weights, float *out, int rows) {
    switch (rows) {
        ROWS_CASE(1) ROWS_CASE(2) ROWS_CASE(3) ROWS_CASE(4) ROWS_CASE(5) ROWS_CASE(6)
        ROWS_CASE(7) ROWS_CASE(8) ROWS_CASE(9) ROWS_CASE(10) ROWS_CASE(11) ROWS_CASE(12)
    }
}

/* Products of tiles [begin, end) at one point, in groups of rows as equal as they get. */
static void multiply_point(const Convolution *c, const Prepared *in, int point, int output,
                           long begin, long end, float *out) {
    size_t size = (size_t)c->groups * (size_t)c->padded_inputs * 16 * (c->integer ? 2 : 4);
    const char *weights = (const char *)c->weights +
                          ((size_t)(output / 16) * (size_t)c->points + (size_t)point) * size;
    long turns = (end - begin + ROWS - 1) / ROWS;
    for (long turn = 0; turn < turns; turn++) {
        int rows = (int)((end - begin + turns - turn - 1) / (turns - turn));
        multiply_rows(c, in, point, begin, weights, out, rows);
        begin += rows;
        out += (long)rows * OUTPUTS;
    }
}

/* Store the outputs of a tile, which begins at a position and has `count` left behind it. */
INLINE void store_tile(const Result *to, const Floats *y, int step, long position, long dilation,
                       long count, long offset) {
    offset += position * to->stride;
    long by = dilation * to->stride;
    _Pragma("GCC unroll 4") for (int i = 0; i < step; i++, offset += by) {
        if (i * dilation >= count) break;
        Floats sum = y[i];
        if (to->residual) sum += load(to->residual + offset);
        if (to->add) sum += load(to->add + offset);
        store(to->values + offset, sum);
    }
}

/* The outputs of a tile from its products, to their positions below `count`. */
INLINE void finish_tile(const Convolution *c, const Result *to, int taps, const float *products,
                        long tile, int output, long offset, long first, long count) {
    int points = taps == 1 ? 1 : taps + 3, step = taps == 1 ? 1 : 4;
    long d = c->dilation, start = tile / d * d * step + tile % d;
    for (int v = 0; v < OUTPUTS; v += LANES) {
        Floats x[MOST_POINTS], y[MOST_OUTPUTS], bias = load(c->bias + output + v);
        _Pragma("GCC unroll 8") for (int i = 0; i < points; i++)
            x[i] = load(products + (long)i * TILES_AT_ONCE * OUTPUTS + v) *
                   load(c->scales + (long)i * c->padded_outputs + output + v);
        transform_outputs(taps, x, y);
        _Pragma("GCC unroll 4") for (int i = 0; i < step; i++) y[i] += bias;
        store_tile(to, y, step, first + start, d, count - start, offset + v);
    }
}

/* Outputs [first, first + count) of a thread's channels. */
static void multiply(const Convolution *c, const Prepared *in, const Result *to, long first,
                     long count, Pool *pool, int thread) {
    float *products = pool_memory(pool, thread, sizeof(float) * PRODUCTS);
    if (!products) {
        pool_fail(pool, STATUS_NO_MEMORY);
        return;
    }
    long tiles = tiles_of(c, count);
    int units = c->padded_outputs / 32, threads = pool_threads(pool);
    int begin = units * thread / threads * 32, end = units * (thread + 1) / threads * 32;
    for (int output = begin; output < end; output += OUTPUTS) {
        long offset = output_offset(to, output);
        for (long tile = 0; tile < tiles; tile += TILES_AT_ONCE) {
            long last = tile + TILES_AT_ONCE < tiles ? tile + TILES_AT_ONCE : tiles;
            for (int point = 0; point < c->points; point++)
                multiply_point(c, in, point, output, tile, last,
                               products + (long)point * TILES_AT_ONCE * OUTPUTS);
            for (long t = tile; t < last; t++) {
                const float *from = products + (t - tile) * OUTPUTS;
                if (c->taps == 4)
                    finish_tile(c, to, 4, from, t, output, offset, first, count);
                else if (c->taps == 3)
                    finish_tile(c, to, 3, from, t, output, offset, first, count);
                else
                    finish_tile(c, to, 1, from, t, output, offset, first, count);
            }
        }
    }
}

/* Outputs [first, last) of a convolution; 0, or the barrier's status. parity: which of the two
 * shared memories is free; so one barrier is enough, as long as a thread wrote all it prepares. */
static int convolve(const Convolution *c, const Activation *activation, const Rows *in,
                    const Result *to, long first, long last, Pool *pool, int thread, int *parity) {
    int threads = pool_threads(pool), status = STATUS_OK;
    if (threads > 1 && threads != c->padded_inputs / c->block) status = pool_meet(pool);
    for (long at = first, most = positions_at_once(c); at < last && !status; at += most) {
        long count = last - at < most ? last - at : most;
        size_t scales;
        prepared_size(c, count, &scales);
        char *memory = pool_shared(pool, PREPARED + *parity);
        Prepared prepared = {memory, (float *)(memory + scales), input_tiles(c, count)};
        prepare(c, activation, in, at, &prepared, pool, thread);
        status = pool_meet(pool);
        if (!status) multiply(c, &prepared, to, at, count, pool, thread);
        *parity ^= 1;
    }
    return status;
}

#endif
