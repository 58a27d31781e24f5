/* chart.c: grouped bars as SVG. */
#include "analysis/html.h"

#include <math.h>
#include <string.h>

#define TOP     48.0
#define HEIGHT  220.0
#define BAR     16.0
#define GAP     18.0
#define LOG_MIN 20.0 /* from this span on the axis is logarithmic */

struct axis {
    bool log;
    double low, high;
    double left, bottom; /* room for the labels, which slope down to the left */
};

static double at(const struct axis *a, double v)
{
    double f = a->log ? log(v / a->low) / log(a->high / a->low)
                      : (v - a->low) / (a->high - a->low);

    return TOP + HEIGHT * (1 - fmin(1, fmax(0, f)));
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

/* Width of a sloping label's letter. */
#define LETTER 6.4

static void make_room(struct axis *a, const struct chart *c, double group)
{
    a->left = 56;
    a->bottom = 60;
    for (unsigned l = 0; l < c->nr_labels; l++) {
        double length = LETTER * (double)strlen(c->label[l]);

        a->left = fmax(a->left, 0.87 * length - (l + 0.5) * group + 12);
        a->bottom = fmax(a->bottom, 0.5 * length + 54);
    }
}

static struct axis axis_of(const struct chart *c)
{
    size_t n = (size_t)c->nr_labels * c->nr_series;
    double least = c->line_at_one ? 1 : INFINITY, most = 0;
    struct axis a = {.low = 0, .high = 1};

    extend(c->value, n, &least, &most);
    extend(c->high, n, &least, &most);
    if (most == 0)
        return a;
    a.log = most / least >= LOG_MIN;
    a.high = round_up(fmax(most, c->line_at_one ? 1 : most));
    if (a.log)
        a.low = pow(10, floor(log10(least)));
    return a;
}

static void tick(const struct axis *a, double v, double width, FILE *out)
{
    double y = at(a, v);

    fprintf(out,
            "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
            "y2=\"%.1f\"/><text class=\"tick\" x=\"%.1f\" y=\"%.1f\">",
            a->left, a->left + width, y, y, a->left - 6, y + 4);
    number(v, out);
    fputs("</text>", out);
}

static void ticks(const struct axis *a, double width, FILE *out)
{
    if (a->log) {
        for (double v = a->low; v <= a->high * 1.001; v *= 10)
            tick(a, v, width, out);
    } else {
        for (unsigned k = 0; k <= 4; k++)
            tick(a, a->high * k / 4, width, out);
    }
}

static void bar(const struct chart *c, const struct axis *a, size_t i,
                unsigned series, double x, FILE *out)
{
    double v = c->value[i], y, top, base = TOP + HEIGHT, mid = x + BAR / 2;

    if (v != 0 && !fits_axis(v))
        return;
    y = top = a->log && v <= 0 ? base : at(a, v);
    fprintf(out,
            "<rect class=\"s%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"%.1f\"><title>",
            series % 6, x, y, BAR - 2, base - y);
    html_text(c->series[series], out);
    fprintf(out, ": %.4g</title></rect>", v);
    if (c->low != NULL && !isnan(c->low[i]) && !isnan(c->high[i])) {
        top = at(a, c->high[i]);
        fprintf(out,
                "<line class=\"err\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
                "y2=\"%.1f\"/>",
                mid - 1, mid - 1, at(a, c->low[i]), top);
    }
    fprintf(out,
            "<text class=\"value\" transform=\"translate(%.1f,%.1f) "
            "rotate(-60)\">",
            mid + 1, top - 4);
    number(v, out);
    fputs("</text>", out);
}

static void legend(const struct chart *c, double x, double y, FILE *out)
{
    for (unsigned s = 0; s < c->nr_series; s++) {
        fprintf(out,
                "<rect class=\"s%u\" x=\"%.1f\" y=\"%.1f\" width=\"12\" "
                "height=\"12\"/><text x=\"%.1f\" y=\"%.1f\">",
                s % 6, x, y, x + 16, y + 11);
        html_text(c->series[s], out);
        fputs("</text>", out);
        x += 110;
    }
}

void chart_svg(const struct chart *c, FILE *out)
{
    double group = c->nr_series * BAR + GAP, x;
    double width = fmax(c->nr_labels * group, c->nr_series * 110.0);
    struct axis a = axis_of(c);

    make_room(&a, c, group);
    fprintf(out, "<figure><figcaption>");
    html_text(c->title, out);
    fprintf(out,
            "</figcaption><div class=\"wide\"><svg role=\"img\" "
            "viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\">",
            a.left + width + 10, TOP + HEIGHT + a.bottom, a.left + width + 10,
            TOP + HEIGHT + a.bottom);
    ticks(&a, width, out);
    fprintf(out, "<text class=\"unit\" x=\"4\" y=\"14\">");
    html_text(c->unit, out);
    fputs(a.log ? ", logarithmic</text>" : "</text>", out);
    for (unsigned l = 0; l < c->nr_labels; l++) {
        x = a.left + l * group + GAP / 2;
        for (unsigned s = 0; s < c->nr_series; s++)
            bar(c, &a, (size_t)l * c->nr_series + s, s, x + s * BAR, out);
        fprintf(out,
                "<text class=\"label\" transform=\"translate(%.1f,%.1f) "
                "rotate(-30)\">",
                x + (group - GAP) / 2, TOP + HEIGHT + 16);
        html_text(c->label[l], out);
        fputs("</text>", out);
    }
    if (c->line_at_one)
        fprintf(out,
                "<line class=\"one\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
                "y2=\"%.1f\"/>",
                a.left, a.left + width, at(&a, 1), at(&a, 1));
    legend(c, a.left, TOP + HEIGHT + a.bottom - 16, out);
    fputs("</svg></div></figure>\n", out);
}
