/* chart.c: grouped bars, from left to right, as SVG. */
#include "analysis/html.h"

#include <math.h>

/* Rows from top to bottom, in pixels; across, percent of the width: so a chart
 * fits any page, and its text keeps its size. */
#define TOP     22.0 /* the axis' numbers */
#define LABEL   18.0 /* a group's label, above its bars */
#define BAR     14.0
#define GAP     8.0
#define PLOT    76.0 /* percent; to the right of it are bars' names */
#define LOG_MIN 20.0 /* from this span on the axis is logarithmic */

struct axis {
    bool log;
    double low, high;
};

static double at(const struct axis *a, double v)
{
    double f = a->log ? log(v / a->low) / log(a->high / a->low)
                      : (v - a->low) / (a->high - a->low);

    return PLOT * fmin(1, fmax(0, f));
}

/* A file may hold any number; an axis spans these. */
static bool fits_axis(double v)
{
    return v >= 1e-30 && v <= 1e30;
}

static void extend(const double *v, size_t n, double *least, double *most)
{
    for (size_t i = 0; v != NULL && i < n; i++) {
        if (!fits_axis(v[i]))
            continue;
        *least = fmin(*least, v[i]);
        *most = fmax(*most, v[i]);
    }
}

/* A round number, at least v, whose quarters are short. */
static double round_up(double v)
{
    static const double round[] = {1, 1.2, 1.6, 2, 3, 4, 6, 8};
    double p = pow(10, floor(log10(v)));

    for (unsigned k = 0; k < sizeof(round) / sizeof(round[0]); k++)
        if (v <= round[k] * p)
            return round[k] * p;
    return 10 * p;
}

/* Three digits; 120 k, 1.5 M. */
static void number(double v, FILE *out)
{
    if (v >= 1e6)
        fprintf(out, "%.3g&#8239;M", v / 1e6);
    else if (v >= 1e4)
        fprintf(out, "%.3g&#8239;k", v / 1e3);
    else
        fprintf(out, v >= 1e3 ? "%.4g" : "%.3g", v);
}

static struct axis axis_of(const struct chart *c)
{
    size_t n = (size_t)c->nr_labels * c->nr_series;
    double least = c->line_at_one ? 1 : INFINITY, most = 0;
    struct axis a = {.low = 0, .high = 1};

    extend(c->value, n, &least, &most);
    extend(c->low, n, &least, &most);
    extend(c->high, n, &least, &most);
    if (most == 0)
        return a;
    a.log = most / least >= LOG_MIN;
    a.high = round_up(fmax(most, c->line_at_one ? 1 : most));
    if (a.log)
        a.low = pow(10, floor(log10(least)));
    return a;
}

static void tick(const struct axis *a, double v, double height, FILE *out)
{
    double x = at(a, v);

    fprintf(out,
            "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%.0f\" "
            "y2=\"%.0f\"/><text class=\"%s\" x=\"%.2f%%\" y=\"%.0f\">",
            x, x, TOP - 6, height, x > 0 ? "tick" : "tick first", x, TOP - 10);
    number(v, out);
    fputs("</text>", out);
}

static void ticks(const struct axis *a, double height, FILE *out)
{
    if (a->log) {
        for (double v = a->low; v <= a->high * 1.001; v *= 10)
            tick(a, v, height, out);
    } else {
        for (unsigned k = 0; k <= 4; k++)
            tick(a, a->high * k / 4, height, out);
    }
}

static bool has_bar(const struct chart *c, size_t i)
{
    return c->value[i] == 0 || fits_axis(c->value[i]);
}

/* Where bars begin: a ratio goes either way from 1. */
static double base_of(const struct chart *c, const struct axis *a)
{
    return c->line_at_one && a->log ? at(a, 1) : 0;
}

static void bar(const struct chart *c, const struct axis *a, size_t i,
                unsigned series, double y, FILE *out)
{
    double v = c->value[i], base = base_of(c, a), mid = y + BAR / 2 - 1;
    double end = a->log && v <= 0 ? 0 : at(a, v), right = fmax(base, end);

    fprintf(out,
            "<rect class=\"s%u\" x=\"%.2f%%\" y=\"%.0f\" width=\"%.2f%%\" "
            "height=\"%.0f\"/>",
            series % 6, fmin(base, end), y, fabs(end - base), BAR - 2);
    if (c->low != NULL && !isnan(c->low[i]) && !isnan(c->high[i])) {
        right = fmax(right, at(a, c->high[i]));
        fprintf(out,
                "<line class=\"err\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%.0f\" "
                "y2=\"%.0f\"/>",
                at(a, c->low[i]), at(a, c->high[i]), mid, mid);
    }
    fprintf(out, "<text class=\"value\" x=\"%.2f%%\" dx=\"6\" y=\"%.0f\">",
            right, y + BAR - 4);
    html_text(c->series[series], out);
    fputc(' ', out);
    number(v, out);
    fputs("</text>", out);
}

/* The label and its bars, from y on; returns where the next one begins. */
static double group(const struct chart *c, const struct axis *a, unsigned label,
                    double y, FILE *out)
{
    fprintf(out, "<text x=\"0\" dx=\"3\" y=\"%.0f\">", y + LABEL - 5);
    html_text(c->label[label], out);
    fputs("</text>", out);
    y += LABEL;
    for (unsigned s = 0; s < c->nr_series; s++) {
        size_t i = (size_t)label * c->nr_series + s;

        if (!has_bar(c, i))
            continue;
        bar(c, a, i, s, y, out);
        y += BAR;
    }
    return y + GAP;
}

static double height_of(const struct chart *c)
{
    double y = TOP + c->nr_labels * (LABEL + GAP);

    for (size_t i = 0; i < (size_t)c->nr_labels * c->nr_series; i++)
        y += has_bar(c, i) ? BAR : 0;
    return y;
}

void chart_svg(const struct chart *c, FILE *out)
{
    double height = height_of(c), y = TOP;
    struct axis a = axis_of(c);

    fputs("<figure><figcaption>", out);
    html_text(c->title, out);
    fputs(" Axis: ", out);
    html_text(c->unit, out);
    fprintf(out,
            "%s.</figcaption><svg role=\"img\" width=\"100%%\" "
            "height=\"%.0f\">",
            a.log ? ", logarithmic" : "", height);
    ticks(&a, height, out);
    for (unsigned l = 0; l < c->nr_labels; l++)
        y = group(c, &a, l, y, out);
    if (c->line_at_one)
        fprintf(out,
                "<line class=\"one\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%.0f\" "
                "y2=\"%.0f\"/>",
                at(&a, 1), at(&a, 1), TOP - 6, height);
    fputs("</svg></figure>\n", out);
}
