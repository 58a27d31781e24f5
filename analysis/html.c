/* html.c: text and numbers in HTML. */
#include "analysis/html.h"

#include <math.h>

void html_text(const char *s, FILE *out)
{
    for (; *s != '\0'; s++) {
        switch (*s) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc((unsigned char)*s < ' ' ? ' ' : *s, out);
        }
    }
}

void html_count(double v, FILE *out)
{
    char digits[40];
    int len, i;

    if (isnan(v))
        return;
    len = snprintf(digits, sizeof(digits), "%.0f", v);
    for (i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
            fputs("&#8239;", out);
        fputc(digits[i], out);
    }
}

void html_time(double ns, FILE *out)
{
    static const struct {
        double from, unit;
        const char *name;
    } scale[] = {{1e9, 1e9, "s"}, {1e6, 1e6, "ms"}, {1e3, 1e3, "&micro;s"}};

    if (isnan(ns))
        return;
    for (unsigned k = 0; k < sizeof(scale) / sizeof(scale[0]); k++) {
        if (ns >= scale[k].from) {
            fprintf(out, "%.3g&nbsp;%s", ns / scale[k].unit, scale[k].name);
            return;
        }
    }
    fprintf(out, "%.0f&nbsp;ns", ns);
}
