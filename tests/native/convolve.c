/* Runs one convolution that is in a file, with a kind of kernels: so that kernels for other
 * machines can be held to the same bits under an emulator. Written by scripts/release/native_checks.py.
 *
 * convolve KIND THREADS FILE: writes the outputs to the standard output. Without arguments: the
 * kinds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#endif

#include "library.h"
#include "memory.h"

/* The next part of the file: its size in bytes, then the bytes; NULL if it is empty. */
static void *part(FILE *file, size_t *size) {
    unsigned char bytes[8];
    *size = 0;
    if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes) exit(3);
    for (int i = 7; i >= 0; i--) *size = *size << 8 | bytes[i];
    if (!*size) return NULL;
    void *memory = aligned_memory(*size);
    if (!memory || fread(memory, 1, *size, file) != *size) exit(3);
    return memory;
}

int main(int count, char **arguments) {
    static const int never = 0;
    size_t size, length;
    if (count < 4) return puts(onset_kinds()) < 0;
#if defined(_WIN32)
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    Machine *machine = onset_machine_new(arguments[1], atoi(arguments[2]));
    FILE *file = fopen(arguments[3], "rb");
    if (!machine || !file) return 2;
    int *numbers = part(file, &size);
    void *weights = part(file, &size);
    float *scales = part(file, &size), *bias = part(file, &size), *relative = part(file, &size);
    Convolution *convolution = onset_convolution_new(numbers, weights, scales, bias, relative);
    float *scale = part(file, &size), *shift = part(file, &size);
    float *turns = part(file, &size), *inverse = part(file, &size);
    Activation activation = {scale, shift, turns, inverse, 0.1f};
    float *x = part(file, &size), *residual = part(file, &length);
    long positions = (long)(length / sizeof(float) / (size_t)convolution->padded_outputs);
    float *y = aligned_memory(length);
    double *moments = aligned_memory(sizeof(double) * 2 * (size_t)convolution->padded_outputs);
    long blocks = (convolution->inputs + CHANNELS - 1) / CHANNELS;
    long rows = (long)(size / sizeof(float)) / blocks / CHANNELS;
    int status = onset_convolve(machine, convolution, &activation, x, rows, CHANNELS,
                                rows * CHANNELS, y, residual, NULL, positions, CHANNELS,
                                positions * CHANNELS, 0, moments, &never);
    if (status) return 10 + status;
    fwrite(y, 1, length, stdout);
    void *parts[] = {numbers, weights, scales, bias, relative, scale, shift, turns, inverse,
                     x, residual, y, moments};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) aligned_free(parts[i]);
    fclose(file);
    onset_convolution_free(convolution);
    onset_machine_free(machine);
    return 0;
}
