/* claims.c: a paper's claims: published values beside ours. */
#include <math.h>
#include <string.h>

#include "analysis/html.h"

static void cell(const char *text, FILE *out)
{
    fputs("<td class=\"t\">", out);
    html_text(text, out);
    fputs("</td>", out);
}

static void number(double v, FILE *out)
{
    if (v >= 1000)
        html_count(v, out);
    else if (!isnan(v))
        fprintf(out, "%.4g", v == 0 ? 0 : v);
}

/* One number, or from the least to the greatest. */
static void ours(const struct report_claim *c, FILE *out)
{
    number(c->low, out);
    if (c->low < c->high) {
        fputs("&#8202;&ndash;&#8202;", out);
        number(c->high, out);
    }
}

static void row(const struct report_claim *c, FILE *out)
{
    fputs("<tr><td class=\"c\">", out);
    html_text(c->claim, out);
    if (*c->why != '\0') {
        fputs("<br><small>", out);
        html_text(c->why, out);
        fputs("</small>", out);
    }
    fputs("</td>", out);
    cell(c->verdict, out);
    fputs("<td>", out);
    number(c->published, out);
    fputs("</td><td>", out);
    ours(c, out);
    fputs("</td>", out);
    cell(strcmp(c->unit, "1") == 0 ? "ratio" : c->unit, out);
    fputs("<td>", out);
    if (!isnan(c->tolerance))
        fprintf(out, "&times;&#8725;&divide; %.3g", c->tolerance);
    fputs("</td></tr>\n", out);
}

void claims_section(const struct report_data *d, FILE *out)
{
    const char *experiment = NULL;

    fputs("<h2>Published values beside ours <small>", out);
    html_text(d->claims_timebase, out);
    fputs("</small></h2>\n<p>Published: printed in the paper. Ours are "
          "modelled: rows of "
          "the ledger, which are counted, times prices; from the least to the "
          "greatest that the price list leaves open. What is in instructions, "
          "units or jumps is counted. What the price list was made from is "
          "calibration, and not reproduced.</p>\n<div class=\"wide\"><table>"
          "<thead><tr><th>claim</th><th class=\"t\">verdict</th>"
          "<th>published</th><th>ours</th><th class=\"t\">unit</th>"
          "<th>tolerance</th></tr></thead><tbody>\n",
          out);
    for (unsigned i = 0; i < d->nr_claims; i++) {
        const struct report_claim *c = &d->claim[i];

        if (experiment == NULL || strcmp(experiment, c->experiment) != 0) {
            fputs("<tr><th colspan=\"6\">", out);
            html_text(c->experiment, out);
            fputs("</th></tr>\n", out);
        }
        experiment = c->experiment;
        row(c, out);
    }
    fputs("</tbody></table></div>\n", out);
}
