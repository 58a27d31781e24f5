/* html.h: what the parts of the page share. */
#ifndef ANALYSIS_HTML_H
#define ANALYSIS_HTML_H

#include "analysis/analysis.h"

/* Text with &, <, >, " and ' escaped; control characters become blanks. */
void html_text(const char *s, FILE *out);

/* A count with thin spaces between thousands; nothing for NaN. */
void html_count(double v, FILE *out);

/* Nanoseconds as "12.3 ms"; nothing for NaN. */
void html_time(double ns, FILE *out);

/* The claims, as a table. */
void claims_section(const struct report_data *d, FILE *out);

/* One group of bars for each label, one bar for each series that has a value.
 */
struct chart {
    const char *title;
    const char *unit; /* of the axis */
    const char *const *label;
    unsigned nr_labels;
    const char *const *series;
    unsigned nr_series;
    const double *value;      /* [label * nr_series + series]; NaN: no bar */
    const double *low, *high; /* the same, for error bars; may be NULL */
    bool line_at_one;
};

/* The chart as SVG inside the page; colours come from the page's styles. */
void chart_svg(const struct chart *c, FILE *out);

#endif
