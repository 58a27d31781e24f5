/* report.c: the page: what was run, times and ratios, the ledger, where. */
#include "analysis/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/html.h"

/* Rows of the ledger that the chart shows. */
#define TOP_EVENTS 14u

/* Six tones that differ in lightness, so that they stay apart in grey. */
static const char style[] =
    ":root{--bg:#fff;--fg:#1b1b1b;--soft:#666;--line:#ddd;--s0:#1d3557;"
    "--s1:#e08e45;--s2:#7fb7be;--s3:#9d2a4c;--s4:#b9c76f;--s5:#6d597a}"
    "@media(prefers-color-scheme:dark){:root{--bg:#16181c;--fg:#e8e8e8;"
    "--soft:#a5a5a5;--line:#3a3d44;--s0:#9fc0e8;--s1:#e08e45;--s2:#4f8a91;"
    "--s3:#d4698c;--s4:#dbe59b;--s5:#a994b5}}"
    "body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"
    "sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;"
    "margin-top:2.2rem}p.sub,figcaption{color:var(--soft)}"
    "code{font:13px ui-monospace,monospace;overflow-wrap:anywhere;"
    "white-space:pre-wrap}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-"
    "numeric:tabular-nums}th,td{padding:.25rem .7rem;border-bottom:1px solid "
    "var(--line);text-align:right;white-space:nowrap}th:first-child,"
    "td:first-child,.t{text-align:left}td.w,td.c{white-space:normal}td.c{min-"
    "width:10rem}"
    "th{font-weight:600}"
    "th[data-sort]{cursor:pointer}th[data-sort]::after{content:\" \\2195\";"
    "color:var(--soft)}small{color:var(--soft)}figure{margin:1rem 0}"
    "svg{font:12px system-ui,sans-serif}svg text{fill:var(--fg)}"
    ".tick{text-anchor:middle}.first{text-anchor:start}"
    "svg .tick,svg "
    ".value{font-size:11px;fill:var(--soft)}.grid{stroke:var(--line)}.one{"
    "stroke:var(--fg);"
    "stroke-dasharray:4 3}.err{stroke:var(--fg);stroke-width:1.5}"
    ".s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}"
    ".s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}"
    "@media(max-width:40rem){th,td{padding:.25rem .4rem}td:first-child{"
    "white-space:normal}td.w{overflow-wrap:anywhere}}"
    "@media print{body{max-width:none}h2{break-after:avoid}"
    "figure,tr{break-inside:avoid}}";

static const char script[] =
    "document.querySelectorAll('th[data-sort]').forEach(function(th){"
    "th.addEventListener('click',function(){var t=th.closest('table'),"
    "b=t.tBodies[0],i=th.cellIndex,d=th.dir=-(th.dir||1);"
    "Array.from(b.rows).sort(function(x,y){var a=x.cells[i],c=y.cells[i],"
    "p=a.dataset.v,q=c.dataset.v;if(p!==undefined&&q!==undefined)"
    "return d*((p===''?-1:+p)-(q===''?-1:+q));"
    "return -d*a.textContent.localeCompare(c.textContent)})"
    ".forEach(function(r){b.appendChild(r)})})});";

static const struct report_cell *cell(const struct report_data *d, unsigned b,
                                      unsigned e)
{
    return &d->cell[(size_t)b * d->nr_engines + e];
}

double report_geomean(const struct report_data *d, unsigned e)
{
    double sum = 0, r;
    unsigned n = 0;

    for (unsigned b = 0; b < d->nr_benchmarks; b++) {
        r = cell(d, b, e)->ratio;
        if (!cell(d, b, e)->in_mean || isnan(r) || r <= 0)
            continue;
        sum += log(r);
        n++;
    }
    return n == 0 ? NAN : exp(sum / n);
}

static bool host_clock(const struct report_data *d)
{
    return strcmp(d->clock, "host") == 0;
}

/* ---- tables ---- */
static void engine_heads(const struct report_data *d, bool sort, FILE *out)
{
    for (unsigned e = 0; e < d->nr_engines; e++) {
        fputs(sort ? "<th data-sort>" : "<th>", out);
        html_text(d->engine[e], out);
        fputs("<br><small>", out);
        html_text(d->processor[e], out);
        fputs("</small></th>", out);
    }
}

static void time_cell(const struct report_cell *c, bool baseline, FILE *out)
{
    fputs("<td>", out);
    html_time(c->median, out);
    if (!baseline && !isnan(c->ratio)) {
        fprintf(out, "<br><small>&times;&nbsp;%.3g", c->ratio);
        if (!isnan(c->ratio_low))
            fprintf(out, " [%.3g, %.3g]", c->ratio_low, c->ratio_high);
        fputs("</small>", out);
    }
    fputs("</td>", out);
}

static void retired_cell(const struct report_cell *c, bool baseline, FILE *out)
{
    (void)baseline;
    fputs("<td>", out);
    html_count(c->retired, out);
    fputs("</td>", out);
}

static void geomean_row(const struct report_data *d, FILE *out)
{
    fputs("<tr><td>geometric mean of the ratios</td><td></td>", out);
    for (unsigned e = 1; e < d->nr_engines; e++) {
        double g = report_geomean(d, e);

        if (isnan(g))
            fputs("<td></td>", out);
        else
            fprintf(out, "<td>&times;&nbsp;%.3g</td>", g);
    }
    fputs("</tr>\n", out);
}

/* Intervals by engines; `last`: a row below them, or NULL. */
static void
cells_table(const struct report_data *d,
            void (*put)(const struct report_cell *c, bool baseline, FILE *out),
            void (*last)(const struct report_data *d, FILE *out), FILE *out)
{
    fputs("<div class=\"wide\"><table><thead><tr><th>interval</th>", out);
    engine_heads(d, false, out);
    fputs("</tr></thead><tbody>\n", out);
    for (unsigned b = 0; b < d->nr_benchmarks; b++) {
        fputs("<tr><td>", out);
        html_text(d->benchmark[b], out);
        fputs("</td>", out);
        for (unsigned e = 0; e < d->nr_engines; e++)
            put(cell(d, b, e), e == 0, out);
        fputs("</tr>\n", out);
    }
    if (last != NULL && d->nr_engines > 1)
        last(d, out);
    fputs("</tbody></table></div>\n", out);
}

static void events_table(const struct report_data *d, bool architectural,
                         FILE *out)
{
    fputs("<div class=\"wide\"><table><thead><tr><th data-sort>event</th>"
          "<th class=\"t\" data-sort>kind</th><th data-sort>sub-reason</th>",
          out);
    engine_heads(d, true, out);
    fputs("</tr></thead><tbody>\n", out);
    for (unsigned i = 0; i < d->nr_events; i++) {
        const struct report_event *ev = &d->event[i];

        if (ev->architectural != architectural)
            continue;
        fputs("<tr><td>", out);
        html_text(ev->name, out);
        fputs("</td><td class=\"t\">", out);
        html_text(ev->kind, out);
        fprintf(out, "</td><td data-v=\"%llu\">0x%llx</td>",
                (unsigned long long)ev->sub, (unsigned long long)ev->sub);
        for (unsigned e = 0; e < d->nr_engines; e++) {
            if (isnan(ev->count[e]))
                fputs("<td data-v=\"\"></td>", out);
            else {
                fprintf(out, "<td data-v=\"%.0f\">", ev->count[e]);
                html_count(ev->count[e], out);
                fputs("</td>", out);
            }
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void facts_table(const struct report_data *d, FILE *out)
{
    fputs("<div class=\"wide\"><table><tbody>\n", out);
    for (unsigned i = 0; i < d->nr_facts; i++) {
        fputs("<tr><td>", out);
        html_text(d->fact[i].group, out);
        fputs("</td><td class=\"t\">", out);
        html_text(d->fact[i].name, out);
        fputs("</td><td class=\"t w\"><code>", out);
        html_text(d->fact[i].value, out);
        fputs("</code></td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* ---- charts ---- */
static bool ratio_chart(const struct report_data *d, FILE *out)
{
    size_t ne = d->nr_engines, nb = d->nr_benchmarks, i;
    double *v = malloc(3 * (nb + 1) * ne * sizeof(*v)), *lo, *hi;
    const char **label = malloc((nb + 1) * sizeof(*label));
    char title[160];
    struct chart c = {.title = title,
                      .unit = "ratio",
                      .series = d->engine,
                      .nr_series = d->nr_engines,
                      .line_at_one = true};

    if (v == NULL || label == NULL) {
        free(v);
        free(label);
        return false;
    }
    snprintf(title, sizeof(title),
             "Host time relative to %.40s (the dashed line); shorter is "
             "faster. Bars: medians; lines: 95 %% intervals.",
             d->engine[0]);
    lo = v + (nb + 1) * ne;
    hi = lo + (nb + 1) * ne;
    for (unsigned b = 0; b <= nb; b++) {
        label[b] = b < nb ? d->benchmark[b] : "geometric mean";
        for (unsigned e = 0; e < ne; e++) {
            i = b * ne + e;
            v[i] = e == 0   ? NAN
                   : b < nb ? cell(d, b, e)->ratio
                            : report_geomean(d, e);
            lo[i] = b < nb && e > 0 ? cell(d, b, e)->ratio_low : NAN;
            hi[i] = b < nb && e > 0 ? cell(d, b, e)->ratio_high : NAN;
        }
    }
    c.label = label;
    c.nr_labels = d->nr_benchmarks + 1;
    c.value = v;
    c.low = lo;
    c.high = hi;
    chart_svg(&c, out);
    free(v);
    free(label);
    return true;
}

static double weight(const struct report_event *ev, unsigned ne)
{
    double most = 0;

    for (unsigned e = 0; e < ne; e++)
        if (!isnan(ev->count[e]))
            most = fmax(most, ev->count[e]);
    return most;
}

/* Index of the heaviest architectural row not yet taken; nr_events: none. */
static unsigned heaviest(const struct report_data *d, const bool *taken)
{
    unsigned best = d->nr_events;

    for (unsigned i = 0; i < d->nr_events; i++) {
        if (taken[i] || !d->event[i].architectural)
            continue;
        if (best == d->nr_events || weight(&d->event[i], d->nr_engines) >
                                        weight(&d->event[best], d->nr_engines))
            best = i;
    }
    return best;
}

/* "SENSITIVE OUT 0x3f8"; one name may be of several kinds. */
static void event_label(const struct report_event *ev, char *text, size_t size)
{
    char sub[24] = "";

    if (ev->sub != 0)
        snprintf(sub, sizeof(sub), " 0x%llx", (unsigned long long)ev->sub);
    snprintf(text, size, "%s %s%s", ev->kind, ev->name, sub);
}

static bool events_chart(const struct report_data *d, FILE *out)
{
    size_t ne = d->nr_engines;
    double *v = malloc(TOP_EVENTS * ne * sizeof(*v));
    bool *taken = calloc(d->nr_events + 1, sizeof(*taken));
    const char *label[TOP_EVENTS];
    char text[TOP_EVENTS][96];
    struct chart c = {.title = "The most frequent events: sensitive operations "
                               "and what engines did about them, whole run.",
                      .unit = "count",
                      .label = label,
                      .series = d->engine,
                      .nr_series = d->nr_engines,
                      .value = v};
    unsigned i;
    bool ok = v != NULL && taken != NULL;

    while (ok && c.nr_labels < TOP_EVENTS &&
           (i = heaviest(d, taken)) < d->nr_events) {
        const struct report_event *ev = &d->event[i];

        taken[i] = true;
        event_label(ev, text[c.nr_labels], sizeof(text[0]));
        label[c.nr_labels] = text[c.nr_labels];
        memcpy(v + c.nr_labels * ne, ev->count, ne * sizeof(*v));
        c.nr_labels++;
    }
    if (ok && c.nr_labels > 0)
        chart_svg(&c, out);
    free(v);
    free(taken);
    return ok;
}

/* ---- the page ---- */
static void head(const struct report_data *d, FILE *out)
{
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
                 "charset=\"utf-8\">\n<meta name=\"viewport\" "
                 "content=\"width=device-width,initial-scale=1\">\n<title>");
    html_text(d->guest, out);
    fprintf(out, " - Triptych</title>\n<style>%s</style></head>\n<body>\n<h1>",
            style);
    html_text(d->guest, out);
    fputs("</h1>\n<p class=\"sub\">", out);
    html_text(d->source, out);
    fprintf(out, ", %s clock</p>\n<p><code>",
            host_clock(d) ? "host" : "virtual");
    html_text(d->command, out);
    fputs("</code></p>\n", out);
}

static bool has_private_events(const struct report_data *d)
{
    for (unsigned i = 0; i < d->nr_events; i++)
        if (!d->event[i].architectural)
            return true;
    return false;
}

static bool runs_sections(const struct report_data *d, FILE *out)
{
    bool ok = true;

    fputs("<h2>Time <small>host_ns</small></h2>\n", out);
    if (host_clock(d))
        fputs("<p>Measured: host time between the guest's markers, medians of "
              "the repetitions.</p>\n",
              out);
    else
        fputs("<p>Host time of runs under the virtual clock: how long the "
              "simulation took. For times of guests use <code>--clock "
              "host</code>.</p>\n",
              out);
    if (d->nr_engines > 1)
        ok = ratio_chart(d, out);
    cells_table(d, time_cell, geomean_row, out);
    fputs("<h2>Retired instructions "
          "<small>retired_insns</small></h2>\n<p>Counted; first "
          "repetition.</p>\n",
          out);
    cells_table(d, retired_cell, NULL, out);
    fputs("<h2>Ledger</h2>\n<p>Counted; first repetition, all intervals. A "
          "click on a heading sorts.</p>\n",
          out);
    ok = ok && events_chart(d, out);
    events_table(d, true, out);
    if (has_private_events(d)) {
        fputs("<h2>Processor-private events</h2>\n<p>What this implementation "
              "did for its own speed; never priced.</p>\n",
              out);
        events_table(d, false, out);
    }
    return ok;
}

static bool body(const struct report_data *d, FILE *out)
{
    bool ok = true;

    if (d->nr_claims > 0)
        claims_section(d, out);
    if (d->nr_engines > 0)
        ok = runs_sections(d, out);
    fputs("<h2>Environment</h2>\n", out);
    facts_table(d, out);
    return ok;
}

bool report_html(const struct report_data *d, FILE *out)
{
    bool ok;

    head(d, out);
    ok = body(d, out);
    fprintf(out, "<script>%s</script>\n</body></html>\n", script);
    return ok;
}
