/* What the library's functions are told about tensors and layers. */
#ifndef ONSET_LAYERS_H
#define ONSET_LAYERS_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_BLOCK = 128 };

/* Floats of the products of TILES_AT_ONCE tiles: 7 points of 32 outputs. */
enum { PRODUCTS = 7 * 24 * 32 };

/* Of the rounded inputs of the integer kind; packing.py counts on it. */
#define LARGEST_INPUT 16383.0f

/* Channels of a tensor that lie together, so that a thread's part of it is in one piece. */
enum { CHANNELS = 32 };

/* Positions [begin, end) of a tensor in memory. stride: floats from one position to the next;
 * block: from CHANNELS channels to the next. */
typedef struct {
    float *values;
    long begin, end, stride, block;
} Rows;

static inline float *at(const Rows *rows, long position, int channel) {
    return rows->values + (position - rows->begin) * rows->stride +
           channel / CHANNELS * rows->block + channel % CHANNELS;
}

/* Of a convolution's inputs: scale and shift, then snake if `turns` is given, or a leaky rectifier.
 * slope 1: none. Each [inputs], or NULL. */
typedef struct {
    const float *scale, *shift, *turns, *inverse;
    float slope;
} Activation;

/* weights: [outputs / 16][points][groups][inputs][16], integers in pairs of inputs. scales:
 * [points][outputs]; bias: [outputs]; relative: [points], what transformed inputs are scaled by.
 * inputs and outputs are padded to blocks and to 32. */
typedef struct {
    int integer, fused; /* fused: floats are multiplied and added with one rounding */
    int inputs, padded_inputs, padded_outputs, block;
    int taps, groups, points, step; /* a group's taps: 4, 3 or 1; step: outputs of a tile */
    int dilation, before;           /* before: inputs that an output needs before its own */
    size_t half_stride;             /* elements from 16 outputs to the next 16 */
    const void *weights;
    const float *scales, *bias, *relative;
} Convolution;

/* Transformed inputs: [points][tiles][inputs] and, for integers, the scales [blocks][tiles]. */
typedef struct {
    void *values;
    float *scales;
    long tiles;
} Prepared;

/* Where outputs go, at position 0 of each; residual and add are added, or NULL.
 * folded: if not 0, an output is a channel of one of several positions, and this many CHANNELS
 * channels make a position. */
typedef struct {
    float *values;
    const float *residual, *add;
    long stride, block;
    int folded;
} Result;

static inline long output_offset(const Result *to, int output) {
    long block = output / CHANNELS, position = 0;
    if (to->folded) {
        position = block / to->folded;
        block %= to->folded;
    }
    return position * CHANNELS + block * to->block + output % CHANNELS;
}

/* Tiles of `count` outputs: the tile of block b and phase p of the dilation is b * dilation + p. */
static inline long tiles_of(const Convolution *c, long count) {
    long width = (long)c->step * c->dilation;
    return (count + width - 1) / width * c->dilation;
}

/* Tiles of inputs that they need. */
static inline long input_tiles(const Convolution *c, long count) {
    return tiles_of(c, count) + (long)(c->groups - 1) * c->dilation;
}

/* Outputs that are made at a time, a multiple of every tile's, so that what is multiplied stays in
 * the second cache. */
static inline long positions_at_once(const Convolution *c) {
    return c->padded_inputs > 128 ? 240 : 480;
}

/* Bytes of the transformed inputs of `count` outputs, and of their scales behind. */
static inline size_t prepared_size(const Convolution *c, long count, size_t *scales) {
    size_t tiles = (size_t)input_tiles(c, count), inputs = (size_t)c->padded_inputs;
    size_t values = (size_t)c->points * tiles * inputs * (c->integer ? 2 : 4);
    *scales = values;
    return values + tiles * (inputs / (size_t)c->block) * sizeof(float);
}

/* A stage of the generator. Blocks: of the source, then the three whose outputs are averaged. */
enum { BLOCKS = 4, PAIRS = 3, SOURCE_CHANNELS = 22 };

typedef struct {
    int channels, inputs, factor; /* of the input; factor: of the upsampling */
    int source_stride, source_taps, reflected; /* reflected: positions added in front, 0 or 1 */
    const Convolution *up, *source, *pairs[BLOCKS][PAIRS][2];
    const Convolution *last; /* of the last stage, or NULL */
    Activation entering, leaving;
    const float *turns[BLOCKS][PAIRS][2], *inverse[BLOCKS][PAIRS][2];
} Stage;

#endif
