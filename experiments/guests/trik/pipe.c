/* pipe.c: a ring of bytes between processes. */
#include "experiments/guests/trik/kernel.h"

#define NR_PIPES 32

struct pipe {
    bool used;
    unsigned readers, writers; /* open ends: 0 or 1 */
    uint32_t in, out;          /* bytes so far; in - out <= PAGE_SIZE */
    phys_t page;
};

static struct pipe pipes[NR_PIPES];

/* The part of the ring at position `at` that does not wrap. */
static uint8_t *ring(const struct pipe *p, uint32_t at, size_t *n)
{
    size_t left = PAGE_SIZE - at % PAGE_SIZE;

    if (*n > left)
        *n = left;
    return (uint8_t *)phys_to_virt(p->page) + at % PAGE_SIZE;
}

/* Waits for the first byte, then takes what is there. */
static long pipe_read(struct file *f, uintptr_t to, size_t n)
{
    struct pipe *p = f->pipe;
    size_t done, some;
    uint8_t *at;

    while (p->in == p->out && p->writers > 0) {
        if (current->pending & ~current->blocked)
            return -E_AGAIN;
        sched_sleep(p);
    }
    for (done = 0; done < n && p->in != p->out; done += some) {
        some = n - done;
        if (some > p->in - p->out)
            some = p->in - p->out;
        at = ring(p, p->out, &some);
        if (!user_write(&current->space, to + done, at, some))
            return -E_FAULT;
        p->out += (uint32_t)some;
    }
    sched_wake(p);
    return (long)done;
}

/* Writes all, waiting for room. */
static long pipe_write(struct file *f, uintptr_t from, size_t n)
{
    struct pipe *p = f->pipe;
    size_t done = 0, some;
    uint8_t *at;

    while (done < n) {
        if (p->readers == 0)
            return -E_PIPE;
        some = n - done;
        if (some > PAGE_SIZE - (p->in - p->out))
            some = PAGE_SIZE - (p->in - p->out);
        if (some == 0) {
            if (current->pending & ~current->blocked)
                return -E_AGAIN;
            sched_sleep(p);
            continue;
        }
        at = ring(p, p->in, &some);
        if (!user_read(&current->space, at, from + done, some))
            return -E_FAULT;
        p->in += (uint32_t)some;
        done += some;
        sched_wake(p);
    }
    return (long)done;
}

static long not_this_end(struct file *f, uintptr_t va, size_t n)
{
    (void)f;
    (void)va;
    (void)n;
    return -E_BADF;
}

static void release(struct pipe *p)
{
    sched_wake(p);
    if (p->readers > 0 || p->writers > 0)
        return;
    page_put(p->page);
    p->used = false;
}

static void close_read(struct file *f)
{
    f->pipe->readers--;
    release(f->pipe);
}

static void close_write(struct file *f)
{
    f->pipe->writers--;
    release(f->pipe);
}

static const struct file_ops read_ops = {pipe_read, not_this_end, close_read};
static const struct file_ops write_ops = {not_this_end, pipe_write,
                                          close_write};

static struct pipe *pipe_unused(void)
{
    unsigned i;

    for (i = 0; i < NR_PIPES; i++)
        if (!pipes[i].used)
            return &pipes[i];
    return NULL;
}

int pipe_new(struct file *end[2])
{
    struct pipe *p = pipe_unused();
    phys_t page = p != NULL ? page_alloc() : 0;

    end[0] = page != 0 ? file_new(&read_ops) : NULL;
    end[1] = end[0] != NULL ? file_new(&write_ops) : NULL;
    if (end[1] == NULL) {
        if (end[0] != NULL)
            end[0]->ops = NULL;
        if (page != 0)
            page_put(page);
        return -E_MFILE;
    }
    *p = (struct pipe){.used = true, .readers = 1, .writers = 1, .page = page};
    end[0]->pipe = end[1]->pipe = p;
    return 0;
}
