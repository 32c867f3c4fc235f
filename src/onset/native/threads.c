#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "status.h"
#include "threads.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("yield" ::: "memory")
#else
#define RELAX() ((void)0)
#endif

/* Pauses before a thread sleeps, about 10 us and 50.

   The others are usually there within 50 us. To be woken takes as long, or longer in a virtual
   machine that was idle, and a step has a hundred barriers. But whoever waits for a thread that
   waits for this very core only makes it later, so there the wait is short. */
enum { FEW_SPINS = 300, MANY_SPINS = 1500 };

/* A number that threads wait for to change. */
typedef struct {
    _Alignas(64) atomic_int value;
    _Alignas(64) atomic_int sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} Turn;

typedef struct {
    void *memory;
    size_t size;
} Memory;

struct Pool {
    Turn start, meeting;
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int failure;
    int status; /* of the last barrier */
    int threads, stopping;
    Job job;
    void *argument;
    const int *halted;
    atomic_int cores[MOST_THREADS]; /* on which each was last */
    pthread_t ids[MOST_THREADS];
    Memory memories[MOST_THREADS + SHARED_MEMORIES];
};

typedef struct {
    Pool *pool;
    int thread;
} Worker;

static void turn_open(Turn *turn) {
    pthread_mutex_init(&turn->mutex, NULL);
    pthread_cond_init(&turn->changed, NULL);
}

static void turn_close(Turn *turn) {
    pthread_cond_destroy(&turn->changed);
    pthread_mutex_destroy(&turn->mutex);
}

static void turn_wait(Turn *turn, int old, int spins) {
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&turn->value, memory_order_acquire) != old) return;
        RELAX();
    }
    atomic_fetch_add(&turn->sleepers, 1);
#if defined(__linux__)
    while (atomic_load(&turn->value) == old)
        syscall(SYS_futex, &turn->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
#else
    pthread_mutex_lock(&turn->mutex);
    while (atomic_load(&turn->value) == old) pthread_cond_wait(&turn->changed, &turn->mutex);
    pthread_mutex_unlock(&turn->mutex);
#endif
    atomic_fetch_sub(&turn->sleepers, 1);
}

static void turn_next(Turn *turn) {
    atomic_fetch_add(&turn->value, 1);
    if (atomic_load(&turn->sleepers) == 0) return;
#if defined(__linux__)
    syscall(SYS_futex, &turn->value, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
#else
    pthread_mutex_lock(&turn->mutex);
    pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->mutex);
#endif
}

/* Which thread of its pool this is; 0: whoever has given it the job. */
static _Thread_local int own;

#if defined(__linux__)
/* Whether none of the others was last on the core of this thread. */
static int pool_apart(Pool *pool) {
    int core = sched_getcpu();
    atomic_store_explicit(&pool->cores[own], core, memory_order_relaxed);
    for (int i = 0; i < pool->threads; i++)
        if (i != own && atomic_load_explicit(&pool->cores[i], memory_order_relaxed) == core)
            return 0;
    return 1;
}
#else
static int pool_apart(Pool *pool) {
    (void)pool;
    return 0; /* not known */
}
#endif

int pool_meet(Pool *pool) {
    int spins = pool_apart(pool) ? MANY_SPINS : FEW_SPINS;
    int turn = atomic_load(&pool->meeting.value);
    if (atomic_fetch_add(&pool->arrived, 1) == pool->threads - 1) {
        atomic_store(&pool->arrived, 0);
        int halted = __atomic_load_n(pool->halted, __ATOMIC_RELAXED);
        int failure = atomic_load(&pool->failure);
        pool->status = failure ? failure : halted ? STATUS_HALTED : STATUS_OK;
        turn_next(&pool->meeting);
    } else {
        turn_wait(&pool->meeting, turn, spins);
    }
    return pool->status;
}

void pool_fail(Pool *pool, int status) { atomic_store(&pool->failure, status); }

static void *work(void *argument) {
    Worker worker = *(Worker *)argument;
    Pool *pool = worker.pool;
    free(argument);
    own = worker.thread;
    for (int turn = 0;; turn++) {
        turn_wait(&pool->start, turn, FEW_SPINS);
        if (pool->stopping) return NULL;
        pool->job(pool->argument, pool, worker.thread);
        pool_meet(pool);
    }
}

/* Start one more thread; 0 if the system refuses. */
static int pool_grow(Pool *pool) {
    Worker *worker = malloc(sizeof *worker);
    if (!worker) return 0;
    *worker = (Worker){pool, pool->threads};
    if (pthread_create(&pool->ids[pool->threads], NULL, work, worker)) {
        free(worker);
        return 0;
    }
    pool->threads++;
    return 1;
}

Pool *pool_new(int threads) {
    static const int never = 0;
    Pool *pool = aligned_memory(sizeof *pool);
    if (!pool) return NULL;
    memset(pool, 0, sizeof *pool);
    turn_open(&pool->start);
    turn_open(&pool->meeting);
    pool->threads = 1;
    pool->halted = &never;
    for (int i = 0; i < MOST_THREADS; i++) atomic_store(&pool->cores[i], -1);
    while (pool->threads < threads && pool->threads < MOST_THREADS && pool_grow(pool)) {}
    return pool;
}

int pool_threads(const Pool *pool) { return pool->threads; }

int pool_run(Pool *pool, Job job, void *argument, const int *halted) {
    pool->job = job;
    pool->argument = argument;
    pool->halted = halted;
    atomic_store(&pool->failure, STATUS_OK);
    turn_next(&pool->start);
    job(argument, pool, 0);
    return pool_meet(pool);
}

void *pool_memory(Pool *pool, int thread, size_t size) {
    Memory *memory = &pool->memories[thread];
    if (size > memory->size) {
        aligned_free(memory->memory);
        memory->memory = aligned_memory(size);
        memory->size = memory->memory ? size : 0;
    }
    return memory->memory;
}

void *pool_reserve(Pool *pool, int which, size_t size) {
    return pool_memory(pool, MOST_THREADS + which, size);
}

void *pool_shared(const Pool *pool, int which) {
    return pool->memories[MOST_THREADS + which].memory;
}

void pool_free(Pool *pool) {
    if (!pool) return;
    pool->stopping = 1;
    turn_next(&pool->start);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->ids[i], NULL);
    for (int i = 0; i < MOST_THREADS + SHARED_MEMORIES; i++) aligned_free(pool->memories[i].memory);
    turn_close(&pool->start);
    turn_close(&pool->meeting);
    aligned_free(pool);
}
