#include "library.h"

#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "memory.h"
#include "status.h"

struct Machine {
    const Kernels *kernels;
    Pool *pool;
};

typedef struct {
    const Kernels *kernels;
    int (*supported)(void);
} Kind;

#if defined(__x86_64__)
#include <cpuid.h>

/* The compilers' own function is not everywhere the same: zig's finds nothing. */
static unsigned feature(unsigned leaf, unsigned part, int which, int bit) {
    unsigned registers[4];
    if (!__get_cpuid_count(leaf, part, &registers[0], &registers[1], &registers[2], &registers[3]))
        return 0;
    return registers[which] >> bit & 1;
}

enum { EAX, EBX, ECX };

/* Whether the system keeps the registers: 0x6: of 256 bits, 0xe6: of 512. */
static int keeps(unsigned state) {
    unsigned low, high;
    if (!feature(1, 0, ECX, 27)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & state) == state;
}

static int has_sse4(void) { return feature(1, 0, ECX, 19); }

/* With what x86-64-v3 has besides: FMA, MOVBE, POPCNT, F16C, BMI, BMI2, LZCNT. */
static int has_avx2(void) {
    return keeps(0x6) && feature(7, 0, EBX, 5) && feature(1, 0, ECX, 12) &&
           feature(1, 0, ECX, 22) && feature(1, 0, ECX, 23) && feature(1, 0, ECX, 29) &&
           feature(7, 0, EBX, 3) && feature(7, 0, EBX, 8) && feature(0x80000001, 0, ECX, 5);
}

static int has_avxvnni(void) { return has_avx2() && feature(7, 1, EAX, 4); }

/* AVX-512 F, DQ, CD, BW, VL, and VNNI. */
static int has_avx512vnni(void) {
    return has_avx2() && keeps(0xe6) && feature(7, 0, EBX, 16) && feature(7, 0, EBX, 17) &&
           feature(7, 0, EBX, 28) && feature(7, 0, EBX, 30) && feature(7, 0, EBX, 31) &&
           feature(7, 0, ECX, 11);
}
#else
static int has_neon(void) { return 1; }
#endif

/* The kinds that were compiled, the fastest first. */
#define KIND_IS(name) {&onset_kernels_##name, has_##name},
#if defined(WITH_avx512vnni)
extern const Kernels onset_kernels_avx512vnni;
#endif
#if defined(WITH_avxvnni)
extern const Kernels onset_kernels_avxvnni;
#endif
#if defined(WITH_avx2)
extern const Kernels onset_kernels_avx2;
#endif
#if defined(WITH_sse4)
extern const Kernels onset_kernels_sse4;
#endif
#if defined(WITH_neon)
extern const Kernels onset_kernels_neon;
#endif
static const Kind compiled[] = {
#if defined(WITH_avx512vnni)
    KIND_IS(avx512vnni)
#endif
#if defined(WITH_avxvnni)
    KIND_IS(avxvnni)
#endif
#if defined(WITH_avx2)
    KIND_IS(avx2)
#endif
#if defined(WITH_sse4)
    KIND_IS(sse4)
#endif
#if defined(WITH_neon)
    KIND_IS(neon)
#endif
};
enum { KIND_COUNT = sizeof compiled / sizeof compiled[0] };

const char *onset_kinds(void) {
    static char names[64];
    names[0] = 0;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (!compiled[kind].supported()) continue;
        if (names[0]) strcat(names, " ");
        strcat(names, compiled[kind].kernels->name);
    }
    return names;
}

Machine *onset_machine_new(const char *kind, int threads) {
    for (int i = 0; i < KIND_COUNT; i++) {
        if (!compiled[i].supported() || strcmp(compiled[i].kernels->name, kind)) continue;
        Machine *machine = malloc(sizeof *machine);
        if (!machine) return NULL;
        *machine = (Machine){compiled[i].kernels, pool_new(threads)};
        if (machine->pool) return machine;
        free(machine);
    }
    return NULL;
}

void onset_machine_free(Machine *machine) {
    if (!machine) return;
    pool_free(machine->pool);
    free(machine);
}

Convolution *onset_convolution_new(const int *numbers, const void *weights, const float *scales,
                                   const float *bias, const float *relative) {
    Convolution *c = malloc(sizeof *c);
    if (!c) return NULL;
    int taps = numbers[6], groups = numbers[7], points = taps == 1 ? 1 : taps + 3;
    *c = (Convolution){
        .integer = numbers[0],
        .fused = numbers[1],
        .inputs = numbers[2],
        .padded_inputs = numbers[3],
        .padded_outputs = numbers[4],
        .block = numbers[5],
        .taps = taps,
        .groups = groups,
        .points = points,
        .step = taps == 1 ? 1 : 4,
        .dilation = numbers[8],
        .before = numbers[9],
        .half_stride = (size_t)points * (size_t)groups * (size_t)numbers[3] * 16,
        .weights = weights,
        .scales = scales,
        .bias = bias,
        .relative = relative,
    };
    return c;
}

void onset_convolution_free(Convolution *convolution) { free(convolution); }

/* Memory for what a convolution multiplies; 0: there is none. */
static int reserve_prepared(Pool *pool, const Convolution *c, long positions) {
    size_t scales;
    long most = positions_at_once(c);
    size_t size = prepared_size(c, positions < most ? positions : most, &scales);
    return pool_reserve(pool, PREPARED, size) && pool_reserve(pool, PREPARED + 1, size);
}

int onset_convolve(Machine *machine, const Convolution *convolution, const Activation *activation,
                   float *x, long rows, long x_stride, long x_block, float *y,
                   const float *residual, const float *add, long positions, long y_stride,
                   long y_block, int folded, double *moments, const int *halted) {
    Whole whole = {convolution,
                   *activation,
                   {x, 0, rows, x_stride, x_block},
                   {y, residual, add, y_stride, y_block, folded},
                   positions,
                   moments,
                   moments ? moments + convolution->padded_outputs : NULL};
    if (!reserve_prepared(machine->pool, convolution, positions)) return STATUS_NO_MEMORY;
    if (moments) memset(moments, 0, sizeof *moments * 2 * (size_t)convolution->padded_outputs);
    return pool_run(machine->pool, machine->kernels->whole, &whole, halted);
}

Stage *onset_stage_new(const int *numbers, const Convolution *const *convolutions,
                       const float *const *snakes) {
    Stage *stage = calloc(1, sizeof *stage);
    if (!stage) return NULL;
    stage->channels = numbers[0];
    stage->inputs = numbers[1];
    stage->factor = numbers[2];
    stage->source_stride = numbers[3];
    stage->source_taps = numbers[4];
    stage->reflected = numbers[5];
    stage->up = *convolutions++;
    stage->source = *convolutions++;
    stage->last = *convolutions++;
    stage->entering.slope = 0.1f;
    stage->leaving.slope = 0.01f;
    for (int b = 0; b < BLOCKS; b++)
        for (int p = 0; p < PAIRS; p++)
            for (int half = 0; half < 2; half++) {
                stage->pairs[b][p][half] = *convolutions++;
                stage->turns[b][p][half] = *snakes++;
                stage->inverse[b][p][half] = *snakes++;
            }
    return stage;
}

void onset_stage_free(Stage *stage) { free(stage); }

static long width(const Stage *stage, Tensor tensor) {
    switch (tensor) {
    case INPUT:
        return stage->inputs;
    case SOURCE:
        return SOURCE_CHANNELS;
    case SPECTRUM:
        return stage->last ? stage->last->padded_outputs : 0;
    default:
        return stage->channels;
    }
}

Stream *onset_stream_new(const Stage *stage) {
    Stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->stage = stage;
    for (Tensor tensor = 0; tensor < TENSORS; tensor++)
        stream->rows[tensor].stride = tensor == SOURCE ? SOURCE_CHANNELS : CHANNELS;
    return stream;
}

void onset_stream_free(Stream *stream) {
    if (!stream) return;
    aligned_free(stream->memory);
    free(stream);
}

static long least(long a, long b) { return a < b ? a : b; }

/* How far the upsampled signal reaches after a step. */
static long reach(const Step *step) {
    long frames = step->rows[INPUT].end + step->frames, factor = step->stage->factor;
    long reflected = step->stage->reflected;
    return step->last ? frames * factor + reflected : frames * factor - factor / 2 + reflected;
}

/* How far any of the stage's tensors reaches: the source's are ahead of the others. */
static long farthest(const Step *step) {
    long signal = reach(step), source = step->rows[NOISE].end + step->source_outputs;
    return source > signal ? source : signal;
}

static size_t floats_of(const Stage *stage, Tensor tensor, const Rows *rows) {
    return (size_t)(rows->end - rows->begin) * (size_t)width(stage, tensor);
}

/* Positions in front of a tensor and behind it that an upsampling may write, to be dropped. */
enum { MARGIN = 16 };

/* Copy a tensor's positions, to or from where they lie without gaps. */
static void copy_blocks(const Stage *stage, Tensor tensor, const Rows *rows, float *packed,
                        int pack) {
    size_t floats = (size_t)(rows->end - rows->begin) * (size_t)rows->stride;
    for (int c = 0; floats && c < width(stage, tensor); c += CHANNELS, packed += floats) {
        float *values = at(rows, rows->begin, c);
        memcpy(pack ? packed : values, pack ? values : packed, sizeof(float) * floats);
    }
}

/* Positions that every tensor at the stage's rate has room for: what is added to another must be
 * laid out like it. */
static long common_room(const Step *step) {
    long begin = farthest(step), room = begin + 2 * MARGIN;
    for (Tensor t = UP; t < TENSORS; t++)
        if (is_used(t) && width(step->stage, t)) begin = least(begin, step->rows[t].begin);
    return room - begin;
}

/* Lay the tensors out, with room for the step, and copy what the stream kept. 0: no memory. */
static int open_tensors(Pool *pool, const Stream *stream, Step *step) {
    long common = common_room(step);
    size_t offsets[TENSORS], size = 0;
    for (Tensor t = 0; t < TENSORS; t++) {
        Rows *rows = &step->rows[t];
        long room = t == INPUT    ? rows->end - rows->begin + step->frames
                    : t == SOURCE ? step->source_frames + MARGIN
                    : is_used(t)  ? common
                                  : 0;
        rows->block = t == SOURCE ? CHANNELS : room * rows->stride;
        offsets[t] = size;
        size += (size_t)room * (size_t)width(step->stage, t);
    }
    float *memory = pool_reserve(pool, TENSOR_MEMORY, sizeof(float) * size);
    if (!memory) return 0;
    float *from = stream->memory;
    for (Tensor t = 0; t < TENSORS; t++) {
        step->rows[t].values = memory + offsets[t] + (t >= UP ? MARGIN * CHANNELS : 0);
        copy_blocks(step->stage, t, &step->rows[t], from, 0);
        from += floats_of(step->stage, t, &step->rows[t]);
    }
    return 1;
}

static int reserve_step(Pool *pool, const Step *step) {
    const Stage *stage = step->stage;
    long most = farthest(step);
    int reserved = reserve_prepared(pool, stage->up, step->frames + 1) &&
                   reserve_prepared(pool, stage->source, step->source_outputs);
    for (int b = 0; b < BLOCKS; b++)
        for (int p = 0; p < PAIRS; p++)
            for (int half = 0; half < 2; half++)
                reserved = reserved && reserve_prepared(pool, stage->pairs[b][p][half], most);
    return reserved && (!stage->last || reserve_prepared(pool, stage->last, most));
}

/* Drop what no later output needs of a pair's tensors. */
static void drop_used(const Stage *stage, Rows *rows, long *needed) {
    for (int b = 0; b < BLOCKS; b++)
        for (int p = 0; p < PAIRS; p++) {
            const Convolution *const *pair = stage->pairs[b][p];
            Tensor in = pair_input(b, p), middle = pair_middle(b, p);
            long out = rows[pair_output(b, p)].end;
            needed[middle] = out - pair[1]->before;
            needed[in] = least(needed[in], least(rows[middle].end - pair[0]->before, out));
        }
    for (Tensor t = 0; t < TENSORS; t++) {
        long begin = least(needed[t], rows[t].end);
        if (begin <= rows[t].begin) continue;
        rows[t].values += (begin - rows[t].begin) * rows[t].stride;
        rows[t].begin = begin;
    }
}

/* Copy what later steps need into the stream's memory. 0: there is none. */
static int keep_tensors(Stream *stream, Step *step) {
    const Stage *stage = step->stage;
    long needed[TENSORS];
    for (Tensor t = 0; t < TENSORS; t++) needed[t] = step->rows[AVERAGE].end;
    needed[INPUT] = step->rows[INPUT].end - 1;
    needed[UP] = step->rows[SUM].end;
    needed[NOISE] = needed[SUM] = step->rows[UP].end;
    if (stage->last) needed[AVERAGE] = step->rows[SPECTRUM].end - stage->last->before;
    for (int b = 0; b < BLOCKS; b++)
        for (int p = 1; p < PAIRS; p++) needed[pair_input(b, p)] = step->rows[UP].end;
    drop_used(stage, step->rows, needed);
    size_t size = 0;
    for (Tensor t = 0; t < TENSORS; t++) size += floats_of(stage, t, &step->rows[t]);
    if (size > stream->size) {
        aligned_free(stream->memory);
        stream->memory = aligned_memory(sizeof(float) * size);
        stream->size = stream->memory ? size : 0;
        if (!stream->memory) return 0;
    }
    float *to = stream->memory;
    for (Tensor t = 0; t < TENSORS; t++) {
        copy_blocks(stage, t, &step->rows[t], to, 1);
        to += floats_of(stage, t, &step->rows[t]);
        stream->rows[t] = step->rows[t];
    }
    return 1;
}

/* The outputs from position `first` on as [channel][position]. */
static long give(const Step *step, long first, float *y, long room) {
    const Rows *rows = &step->rows[step->stage->last ? SPECTRUM : AVERAGE];
    int channels = step->stage->last ? SOURCE_CHANNELS : step->stage->channels;
    long n = rows->end - first;
    if (n > room) return -1;
    for (long t = 0; t < n; t++)
        for (int c = 0; c < channels; c++) y[c * n + t] = *at(rows, first + t, c);
    return n;
}

/* Whether the source reaches just as far as the upsampled signal. */
static int go_together(const Step *step) {
    long noise = step->rows[NOISE].end + step->source_outputs, until = reach(step), margins = 0;
    for (int p = 0; p < PAIRS; p++)
        for (int half = 0; half < 2; half++) margins += step->stage->pairs[0][p][half]->before;
    return step->frames >= 0 && step->source_outputs >= 0 &&
           noise == (step->last ? until : until + margins);
}

int onset_stream_step(Machine *machine, Stream *stream, const float *x, long frames,
                      const float *source, long source_frames, const float *scale,
                      const float *shift, int last, float *y, long room, long *n,
                      const int *halted) {
    const Stage *stage = stream->stage;
    long outputs = (source_frames - stage->source_taps) / stage->source_stride + 1;
    Step step = {stage, x, source, scale, shift, frames, source_frames,
                 source_frames < stage->source_taps ? 0 : outputs, stream->rows[INPUT].end == 0,
                 last, {{0}}};
    memcpy(step.rows, stream->rows, sizeof step.rows);
    if (!go_together(&step)) return STATUS_LENGTHS;
    if (!open_tensors(machine->pool, stream, &step)) return STATUS_NO_MEMORY;
    if (!reserve_step(machine->pool, &step)) return STATUS_NO_MEMORY;
    long first = step.rows[stage->last ? SPECTRUM : AVERAGE].end;
    int status = pool_run(machine->pool, machine->kernels->step, &step, halted);
    if (status) return status;
    *n = give(&step, first, y, room);
    if (*n < 0) return STATUS_LENGTHS;
    return keep_tensors(stream, &step) ? STATUS_OK : STATUS_NO_MEMORY;
}
