/* The jobs that are compiled once for each kind of processor. */
#ifndef ONSET_KERNELS_H
#define ONSET_KERNELS_H

#include "layers.h"
#include "threads.h"

/* A convolution of a whole tensor; sums, squares: of each output over time, or NULL. */
typedef struct {
    const Convolution *convolution;
    Activation activation;
    Rows in;
    Result out;
    long positions;
    double *sums, *squares; /* [padded_outputs] */
} Whole;

typedef struct {
    const char *name;
    Job whole, step;
} Kernels;

#endif
