/* What Python calls. Pointers that a layer is made of must live as long as it does. */
#ifndef ONSET_LIBRARY_H
#define ONSET_LIBRARY_H

#include "stream.h"

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

/* Names of the kinds this processor can run, the fastest first, with spaces between. */
EXPORTED const char *onset_kinds(void);

/* NULL: unknown kind, or no memory. One thread at a time may use a pool. */
typedef struct Machine Machine;
EXPORTED Machine *onset_machine_new(const char *kind, int threads);
EXPORTED void onset_machine_free(Machine *machine);

/* numbers: integer, fused, inputs, padded_inputs, padded_outputs, block, taps, groups, dilation,
 * before. */
EXPORTED Convolution *onset_convolution_new(const int *numbers, const void *weights,
                                            const float *scales, const float *bias,
                                            const float *relative);
EXPORTED void onset_convolution_free(Convolution *convolution);

/* x, and y, residual and add, which are laid out alike: floats from a position to the next, and from
 * 32 channels to the next. rows: positions of x; positions: of y. folded: as in layers.h.
 * moments: two times [padded_outputs] sums and squares over time, or NULL. Returns a status. */
EXPORTED int onset_convolve(Machine *machine, const Convolution *convolution,
                            const Activation *activation, float *x, long rows, long x_stride,
                            long x_block, float *y, const float *residual, const float *add,
                            long positions, long y_stride, long y_block, int folded,
                            double *moments, const int *halted);

/* numbers: channels, inputs, factor, source_stride, source_taps, reflected. convolutions: up,
 * source, last (or NULL), then two for each pair. snakes: turns and inverse for each of these. */
EXPORTED Stage *onset_stage_new(const int *numbers, const Convolution *const *convolutions,
                                const float *const *snakes);
EXPORTED void onset_stage_free(Stage *stage);

EXPORTED Stream *onset_stream_new(const Stage *stage);
EXPORTED void onset_stream_free(Stream *stream);

/* x: [inputs][frames]; source: [22][source_frames]; y: room for [rows][room]. Writes [rows][n] and
 * n, where rows are the stage's channels, or 22 of the last stage's. Returns a status. */
EXPORTED int onset_stream_step(Machine *machine, Stream *stream, const float *x, long frames,
                               const float *source, long source_frames, const float *scale,
                               const float *shift, int last, float *y, long room, long *n,
                               const int *halted);

#endif
