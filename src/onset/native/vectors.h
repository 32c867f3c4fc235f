/* Vectors of floats and integers as wide as the processor's, and the two operations on them that
 * the compiler cannot express: a product of pairs of int16, and rounding to int16.
 *
 * Everything else uses the vector extensions of gcc and clang. Each operation gives the same bits on
 * every processor; the build forbids the compiler to contract a product and a sum.
 */
#ifndef ONSET_VECTORS_H
#define ONSET_VECTORS_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* LANES: floats in a vector. ROWS: rows of a product that are summed in registers at a time. */
#if defined(__AVX512F__)
enum { LANES = 16, OUTPUTS = 32, ROWS = 12 };
#elif defined(__AVX2__)
enum { LANES = 8, OUTPUTS = 16, ROWS = 6 };
#else
enum { LANES = 4, OUTPUTS = 16, ROWS = 5 };
#endif
enum { VECTORS = OUTPUTS / LANES };

#define INLINE static inline __attribute__((always_inline))

typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef int16_t Shorts __attribute__((vector_size(2 * LANES)));

/* The same in memory, anywhere. */
typedef Floats FloatsAt __attribute__((may_alias, aligned(4)));
typedef Ints IntsAt __attribute__((may_alias, aligned(4)));
typedef Shorts ShortsAt __attribute__((may_alias, aligned(2)));

INLINE Floats load(const float *from) { return *(const FloatsAt *)from; }
INLINE void store(float *to, Floats x) { *(FloatsAt *)to = x; }
INLINE Floats all(float x) { return x - (Floats){0}; }
INLINE Floats to_floats(Ints x) { return __builtin_convertvector(x, Floats); }

/* The bits of |x|: as integers they are in the order of the numbers, infinity and NaN above all. */
INLINE Ints magnitude(Floats x) { return (Ints)x & 0x7fffffff; }

INLINE Ints larger(Ints a, Ints b) {
    Ints mask = a > b;
    return (a & mask) | (b & ~mask);
}

INLINE int32_t largest(Ints x) {
    int32_t most = x[0];
    for (int i = 1; i < LANES; i++) most = x[i] > most ? x[i] : most;
    return most;
}

/* Nearest integer, to even at a half; exact for |x| < 2^22. */
INLINE Floats nearest(Floats x) {
    const Floats magic = all(12582912.0f); /* 1.5 * 2^23 */
    return (x + magic) - magic;
}

/* sums + the products of the int16 pairs in each lane. */
INLINE Ints add_products(Ints sums, Ints a, Ints b) {
#if defined(__AVX512VNNI__)
    return (Ints)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#elif defined(__AVX512BW__)
    return sums + (Ints)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVXVNNI__)
    return (Ints)_mm256_dpwssd_avx_epi32((__m256i)sums, (__m256i)a, (__m256i)b);
#elif defined(__AVX2__)
    return sums + (Ints)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return sums + (Ints)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__aarch64__)
    int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y)), high = vmull_high_s16(x, y);
    return sums + (Ints)vpaddq_s32(low, high);
#else
    Ints low = ((a << 16) >> 16) * ((b << 16) >> 16);
    return sums + low + (a >> 16) * (b >> 16);
#endif
}

/* Round to nearest, to even at a half; |x| <= 32767. */
INLINE Shorts to_shorts(Floats x) {
#if defined(__AVX512F__)
    return (Shorts)_mm512_cvtepi32_epi16(_mm512_cvtps_epi32((__m512)x));
#elif defined(__AVX2__)
    __m256i y = _mm256_cvtps_epi32((__m256)x);
    return (Shorts)_mm_packs_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
#else
    return __builtin_convertvector(__builtin_convertvector(nearest(x), Ints), Shorts);
#endif
}

/* acc + a * b, rounded once where the processor can: only for kinds that promise no equal bits. */
INLINE Floats multiply_add(Floats sum, Floats a, Floats b) {
#if defined(__AVX512F__)
    return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sum);
#elif defined(__FMA__)
    return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum);
#elif defined(__aarch64__)
    return (Floats)vfmaq_f32((float32x4_t)sum, (float32x4_t)a, (float32x4_t)b);
#else
    return sum + a * b;
#endif
}

#endif
