/* Memory that begins at a cache line. */
#ifndef ONSET_MEMORY_H
#define ONSET_MEMORY_H

#include <stdlib.h>
#if defined(_WIN32)
#include <malloc.h>
#endif

enum { CACHE_LINE = 64 };

#if defined(_WIN32)
static inline void *aligned_memory(size_t size) {
    return _aligned_malloc(size ? size : 1, CACHE_LINE);
}

static inline void aligned_free(void *memory) { _aligned_free(memory); }
#else

static inline void *aligned_memory(size_t size) {
    void *memory = NULL;
    return posix_memalign(&memory, CACHE_LINE, size ? size : 1) ? NULL : memory;
}

static inline void aligned_free(void *memory) { free(memory); }
#endif

#endif
