/* machine.c: the board's list of devices, its end, its snapshot and its
 * console; what is on the board is in board.c. */
#include "common/machine/machine.h"

#include <string.h>

enum status machine_add_device(struct machine *m, const struct device_ops *ops,
                               void *dev, struct error *err)
{
    if (m->nr_devices == MACHINE_MAX_DEVICES)
        return err_set(err, ST_LIMIT, "%s: more than %d devices", ops->name,
                       MACHINE_MAX_DEVICES);
    m->device[m->nr_devices].ops = ops;
    m->device[m->nr_devices].dev = dev;
    m->nr_devices++;
    return ST_OK;
}

void machine_plug(struct machine *m, const struct machine_plug *plug)
{
    m->cpu = plug->ops;
    m->cpu_opaque = plug->cpu;
    m->clock.icount = plug->icount;
    m->clock.icount_opaque = plug->cpu;
    m->clock.rearm = plug->ops != NULL ? plug->ops->attention : NULL;
    m->clock.rearm_opaque = plug->cpu;
    m->mem.code_fn = plug->code_written;
    m->mem.code_opaque = plug->cpu;
}

struct machine_plug machine_plugged(const struct machine *m)
{
    return (struct machine_plug){.cpu = m->cpu_opaque,
                                 .ops = m->cpu,
                                 .icount = m->clock.icount,
                                 .code_written = m->mem.code_fn};
}

bool machine_unplug(struct machine *m, const void *cpu)
{
    if (m->cpu_opaque != cpu)
        return false;
    machine_plug(m, &(struct machine_plug){.cpu = NULL});
    return true;
}

void machine_stop(struct machine *m, enum machine_end end, uint32_t code)
{
    if (m->end == MACHINE_RUNNING) {
        m->end = end;
        m->end_code = code;
    }
    m->cpu->attention(m->cpu_opaque);
}

void machine_reset(struct machine *m)
{
    unsigned i;

    m->end = MACHINE_RUNNING;
    m->end_code = 0;
    memset(m->line, 0, sizeof(m->line));
    for (i = 0; i < m->nr_devices; i++)
        m->device[i].ops->reset(m->device[i].dev);
}

static void own_state(struct machine *m, struct snap *s)
{
    uint8_t end = (uint8_t)m->end;
    unsigned i;

    snap_section(s, "machine", 1);
    snap_u8(s, &end);
    snap_require(s, end <= MACHINE_GUEST_EXIT, "reason of the end");
    if (s->mode == SNAP_LOAD && s->status == ST_OK)
        m->end = (enum machine_end)end;
    snap_u32(s, &m->end_code);
    snap_bool(s, &m->nondeterministic);
    for (i = 0; i < CONSOLE_NR; i++) {
        uint8_t len = m->line[i].len;

        snap_u8(s, &len);
        snap_require(s, len < sizeof(m->line[i].text), "console line length");
        if (s->status != ST_OK)
            return;
        m->line[i].len = len;
        snap_bool(s, &m->line[i].skip);
        snap_bytes(s, m->line[i].text, len);
    }
}

void machine_snapshot(struct machine *m, struct snap *s, bool with_ram)
{
    unsigned i;

    own_state(m, s);
    clock_snapshot(&m->clock, s);
    for (i = 0; i < m->nr_devices; i++) {
        snap_section(s, m->device[i].ops->name, m->device[i].ops->version);
        m->device[i].ops->snapshot(m->device[i].dev, s);
    }
    if (with_ram)
        gmem_snapshot(&m->mem, s);
}

void machine_marker(struct machine *m, uint32_t code, uint32_t iterations,
                    const char *name)
{
    if (m->config.marker != NULL)
        m->config.marker(m->config.marker_opaque, code, iterations, name);
}

/* The line is complete: is it a marker? */
static void line_end(struct machine *m, struct console_line *l)
{
    static const char word[] = "MARK ";
    const size_t skip = sizeof(word) - 1;
    bool whole = !l->skip;
    size_t len = l->len;

    l->len = 0;
    l->skip = false;
    if (!whole || len <= skip || memcmp(l->text, word, skip) != 0)
        return;
    l->text[len] = '\0';
    l->text[skip + strcspn(l->text + skip, " \t")] = '\0';
    if (l->text[skip] != '\0')
        machine_marker(m, 0, 0, l->text + skip);
}

static void scan(struct machine *m, struct console_line *l, uint8_t c)
{
    if (c == '\n' || c == '\r')
        line_end(m, l);
    else if (l->len == sizeof(l->text) - 1 || c == '\0')
        l->skip = true;
    else
        l->text[l->len++] = (char)c;
}

void machine_console_output(struct machine *m, enum machine_console from,
                            const uint8_t *buf, size_t len)
{
    size_t i;

    if (m->config.console != NULL && len > 0)
        m->config.console(m->config.console_opaque, buf, len);
    for (i = 0; i < len; i++)
        scan(m, &m->line[from], buf[i]);
}
