/* A pool of threads that run a job together, and meet at barriers.
 *
 * A thread that waits spins for some microseconds and then sleeps, so that a machine that is busy
 * with other work loses no time to us.
 */
#ifndef ONSET_THREADS_H
#define ONSET_THREADS_H

#include <stddef.h>

enum { MOST_THREADS = 64 };

typedef struct Pool Pool;
typedef void (*Job)(void *argument, Pool *pool, int thread);

Pool *pool_new(int threads);
void pool_free(Pool *pool);
int pool_threads(const Pool *pool);

/* Run a job on all threads. 0, or what the barriers returned. halted: read at each barrier. */
int pool_run(Pool *pool, Job job, void *argument, const int *halted);

/* Wait for all others. Not 0, the same to all: the job has failed or was halted, and must return. */
int pool_meet(Pool *pool);

/* Let the next barrier return `status` to all. */
void pool_fail(Pool *pool, int status);

/* Memory of at least `size` bytes for a thread, kept from run to run; NULL if there is none. */
void *pool_memory(Pool *pool, int thread, size_t size);

/* Memories for all threads: reserved before a run (NULL: there is none), then used in it. Two for
 * transformed inputs, in turns, and one for the tensors of a step. */
enum { PREPARED = 0, TENSOR_MEMORY = 2, SHARED_MEMORIES = 3 };
void *pool_reserve(Pool *pool, int which, size_t size);
void *pool_shared(const Pool *pool, int which);

#endif
