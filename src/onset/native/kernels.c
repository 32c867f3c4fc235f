/* Compiled once for each kind of processor, with KIND set to its name. */
#include "kernels.h"
#include "stage.h"

/* Sums over the positions [first, last) of a thread's outputs. */
static void add_moments(const Whole *whole, long first, long last, int begin, int end) {
    for (int c = begin; c < end; c += CHANNELS) {
        const float *y = whole->out.values + first * whole->out.stride + output_offset(&whole->out, c);
        double *sums = whole->sums + c, *squares = whole->squares + c;
        for (long t = first; t < last; t++, y += whole->out.stride)
            for (int k = 0; k < CHANNELS; k++) {
                double value = y[k];
                sums[k] += value;
                squares[k] += value * value;
            }
    }
}

static void whole_job(void *argument, Pool *pool, int thread) {
    const Whole *whole = argument;
    const Convolution *c = whole->convolution;
    int units = c->padded_outputs / 32, threads = pool_threads(pool), parity = 0;
    int begin = units * thread / threads * 32, end = units * (thread + 1) / threads * 32;
    long most = positions_at_once(c);
    for (long at = 0; at < whole->positions; at += most) {
        long last = whole->positions - at < most ? whole->positions : at + most;
        if (convolve(c, &whole->activation, &whole->in, &whole->out, at, last, pool, thread,
                     &parity))
            return;
        if (whole->sums) add_moments(whole, at, last, begin, end);
    }
}

#define NAMED(kind) onset_kernels_##kind
#define NAME(kind) NAMED(kind)
#define TEXT_OF(kind) #kind
#define TEXT(kind) TEXT_OF(kind)

const Kernels NAME(KIND) = {TEXT(KIND), whole_job, step_job};
