/* One step of a stage of the generator, as a stream: each convolution continues where it stopped.
 *
 * A tensor is kept as far as a later output still needs it. Positions count from the reading's
 * first; outside the reading a convolution's activated inputs are zeros, so both ends are exact.
 */
#ifndef ONSET_STAGE_H
#define ONSET_STAGE_H

#include "convolution.h"
#include "stream.h"

typedef struct {
    const Step *step;
    Pool *pool;
    int thread, parity;
    long total; /* the stage's positions, if they are known: at the last step */
    Rows rows[TENSORS];
} Walk;

/* A thread's share of n things in units. */
static void share(const Walk *walk, int n, int unit, int *begin, int *end) {
    int units = (n + unit - 1) / unit, threads = pool_threads(walk->pool);
    *begin = units * walk->thread / threads * unit;
    *end = units * (walk->thread + 1) / threads * unit;
    *end = *end < n ? *end : n;
}

/* Inputs come as [channel][position]. */
static void take_inputs(Walk *walk) {
    const Step *step = walk->step;
    Rows *in = &walk->rows[INPUT], *source = &walk->rows[SOURCE];
    int begin, end;
    share(walk, step->stage->inputs, 16, &begin, &end);
    for (long t = 0; t < step->frames; t++) {
        for (int c = begin; c < end; c++) *at(in, in->end + t, c) = step->x[c * step->frames + t];
    }
    in->end += step->frames;
    share(walk, (int)step->source_frames, 16, &begin, &end);
    for (long t = begin; t < end; t++)
        for (int c = 0; c < SOURCE_CHANNELS; c++)
            source->values[t * SOURCE_CHANNELS + c] = step->source[c * step->source_frames + t];
}

static int upsample(Walk *walk) {
    const Stage *stage = walk->step->stage;
    Rows *in = &walk->rows[INPUT], *up = &walk->rows[UP];
    long first = in->end - walk->step->frames, last = in->end + walk->step->last;
    long ahead = stage->factor / 2 - stage->reflected; /* positions before the first are dropped */
    Result to = {at(up, -ahead, 0), NULL, NULL, stage->factor * up->stride, up->block,
                 stage->channels / CHANNELS};
    up->end = walk->step->last ? walk->total : in->end * stage->factor - ahead;
    return convolve(stage->up, &stage->entering, in, &to, first, last, walk->pool, walk->thread,
                    &walk->parity);
}

static int bring_source(Walk *walk) {
    const Stage *stage = walk->step->stage;
    Rows *to = &walk->rows[NOISE], in = walk->rows[SOURCE];
    Activation none = {.slope = 1};
    Result result = {at(to, to->end, 0), NULL, NULL, to->stride, to->block, 0};
    long count = walk->step->source_outputs;
    in.begin = 0;
    in.end = count;
    in.stride = (long)stage->source_stride * SOURCE_CHANNELS; /* a row is a window of rows */
    to->end += count;
    return convolve(stage->source, &none, &in, &result, 0, count, walk->pool, walk->thread,
                    &walk->parity);
}

/* ReflectionPad1d((1, 0)), once the second position is there. */
static void reflect(Walk *walk) {
    Rows *up = &walk->rows[UP];
    int begin, end;
    if (!walk->step->stage->reflected || !walk->step->first) return;
    share(walk, walk->step->stage->channels, CHANNELS, &begin, &end);
    for (int c = begin; c < end; c += CHANNELS)
        memcpy(at(up, 0, c), at(up, 2, c), sizeof(float) * CHANNELS);
}

static long complete(const Walk *walk, const Convolution *c, const Rows *in) {
    return walk->step->last ? walk->total : in->end - c->before;
}

/* Half a residual pair; residual, add: tensors, or NONE. */
static int half_pair(Walk *walk, int block, int pair, int half, Tensor from, Tensor to,
                     Tensor residual, Tensor add) {
    const Stage *stage = walk->step->stage;
    const Convolution *c = stage->pairs[block][pair][half];
    long adain = ((long)(block * PAIRS + pair) * 2 + half) * stage->channels;
    Activation activation = {walk->step->scale + adain, walk->step->shift + adain,
                             stage->turns[block][pair][half], stage->inverse[block][pair][half], 1};
    Rows *in = &walk->rows[from], *out = &walk->rows[to];
    long first = out->end, last = complete(walk, c, in);
    last = last > first ? last : first;
    Result result = {at(out, 0, 0), NULL, NULL, out->stride, out->block, 0};
    if (residual != NONE) result.residual = at(&walk->rows[residual], 0, 0);
    if (add != NONE) result.add = at(&walk->rows[add], 0, 0);
    out->end = last;
    return convolve(c, &activation, in, &result, first, last, walk->pool, walk->thread,
                    &walk->parity);
}

static int residual_block(Walk *walk, int block) {
    int status = STATUS_OK;
    for (int pair = 0; pair < PAIRS && !status; pair++) {
        Tensor in = pair_input(block, pair), middle = pair_middle(block, pair);
        Tensor out = pair_output(block, pair), add = out == SUM ? UP : NONE;
        status = half_pair(walk, block, pair, 0, in, middle, NONE, NONE);
        if (!status) status = half_pair(walk, block, pair, 1, middle, out, in, add);
    }
    return status;
}

/* The average of the three blocks' outputs, as far as the slowest is. */
static void average(Walk *walk) {
    const Rows *blocks[3];
    Rows *to = &walk->rows[AVERAGE];
    int begin, end;
    long last = walk->rows[pair_output(1, 2)].end;
    for (int b = 0; b < 3; b++) {
        blocks[b] = &walk->rows[pair_output(b + 1, 2)];
        last = blocks[b]->end < last ? blocks[b]->end : last;
    }
    share(walk, walk->step->stage->channels, CHANNELS, &begin, &end);
    for (int c = begin; c < end; c += LANES)
        for (long t = to->end; t < last; t++) {
            Floats sum = load(at(blocks[0], t, c)) + load(at(blocks[1], t, c));
            store(at(to, t, c), (sum + load(at(blocks[2], t, c))) * all(1.0f / 3));
        }
    to->end = last;
}

/* The last convolution, of the last stage. */
static int leave(Walk *walk) {
    const Convolution *c = walk->step->stage->last;
    Rows *in = &walk->rows[AVERAGE], *out = &walk->rows[SPECTRUM];
    long first = out->end, last = complete(walk, c, in);
    Result result = {at(out, 0, 0), NULL, NULL, out->stride, out->block, 0};
    out->end = last;
    return convolve(c, &walk->step->stage->leaving, in, &result, first, last, walk->pool,
                    walk->thread, &walk->parity);
}

static void step_job(void *argument, Pool *pool, int thread) {
    Step *step = argument;
    Walk walk = {step, pool, thread, 0, 0, {{0}}};
    memcpy(walk.rows, step->rows, sizeof walk.rows);
    take_inputs(&walk);
    walk.total = walk.rows[INPUT].end * step->stage->factor + step->stage->reflected;
    if (pool_meet(pool) || upsample(&walk) || bring_source(&walk)) return;
    if (pool_threads(pool) > 1 && pool_meet(pool)) return;
    reflect(&walk);
    for (int block = 0; block < BLOCKS; block++)
        if (residual_block(&walk, block)) return;
    average(&walk);
    if (step->stage->last && leave(&walk)) return;
    if (thread == 0) memcpy(step->rows, walk.rows, sizeof walk.rows);
}

#endif
