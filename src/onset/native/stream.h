/* The state of a stage's stream, and what one step is told. */
#ifndef ONSET_STREAM_H
#define ONSET_STREAM_H

#include "layers.h"
#include "threads.h"

/* The tensors of a stage. Those of block b and pair p follow from FIRST_PAIR on: what comes in, for
 * p > 0, what is between the convolutions, and, for p = 2, the block's output. */
enum {
    NONE = -1,
    INPUT,
    SOURCE,
    UP,
    NOISE,    /* the source at the stage's rate: what enters its block */
    SUM,      /* what enters the three other blocks */
    AVERAGE,
    SPECTRUM, /* of the last stage */
    FIRST_PAIR,
    PAIR_TENSORS = 3,
    TENSORS = FIRST_PAIR + BLOCKS * PAIRS * PAIR_TENSORS,
};
typedef int Tensor;

static inline Tensor pair_tensor(int block, int pair, int which) {
    return FIRST_PAIR + (block * PAIRS + pair) * PAIR_TENSORS + which;
}

static inline Tensor pair_middle(int block, int pair) { return pair_tensor(block, pair, 1); }

static inline Tensor pair_input(int block, int pair) {
    if (pair) return pair_tensor(block, pair, 0);
    return block ? SUM : NOISE;
}

static inline Tensor pair_output(int block, int pair) {
    if (pair + 1 < PAIRS) return pair_tensor(block, pair + 1, 0);
    return block ? pair_tensor(block, pair, 2) : SUM;
}

/* Whether a number is that of a tensor. */
static inline int is_used(Tensor tensor) {
    int block = (tensor - FIRST_PAIR) / (PAIRS * PAIR_TENSORS);
    int pair = (tensor - FIRST_PAIR) / PAIR_TENSORS % PAIRS;
    return tensor < FIRST_PAIR || tensor == pair_middle(block, pair) ||
           (pair > 0 && tensor == pair_input(block, pair)) || tensor == pair_output(block, pair);
}

/* scale, shift: [24 AdaIN][channels]. x: [inputs][frames]; source: [22][source_frames]. */
typedef struct {
    const Stage *stage;
    const float *x, *source, *scale, *shift;
    long frames, source_frames, source_outputs;
    int first, last;
    Rows rows[TENSORS];
} Step;

/* What is kept of each tensor between steps. */
typedef struct {
    const Stage *stage;
    Rows rows[TENSORS];
    float *memory;
    size_t size; /* floats */
} Stream;

#endif
