/* Memory that begins at a cache line. */
#ifndef ONSET_MEMORY_H
#define ONSET_MEMORY_H

#include <stdlib.h>

enum { CACHE_LINE = 64 };

static inline void *aligned_memory(size_t size) {
    void *memory = NULL;
    return posix_memalign(&memory, CACHE_LINE, size ? size : 1) ? NULL : memory;
}

static inline void aligned_free(void *memory) { free(memory); }

#endif
