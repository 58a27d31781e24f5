/* rtc_date.c: seconds since 1970 and the calendar. */
#include "common/dev/rtc_date.h"

#include <stdbool.h>

#define DAY 86400

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 0000-01-01 to the first of January of year >= 0. */
static int64_t days_before(int64_t year)
{
    if (year == 0)
        return 0;
    return year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 +
           1;
}

#define EPOCH_DAYS 719528 /* days_before(1970) */

struct rtc_date rtc_date_of(int64_t seconds)
{
    const int64_t first = -EPOCH_DAYS * (int64_t)DAY;
    const int64_t last = (days_before(10000) - EPOCH_DAYS) * DAY - 1;
    struct rtc_date d;
    int64_t days;
    int rest;

    seconds = seconds < first ? first : seconds > last ? last : seconds;
    days = (seconds - first) / DAY;
    rest = (int)((seconds - first) % DAY);
    d.hour = rest / 3600;
    d.minute = rest / 60 % 60;
    d.second = rest % 60;
    d.week_day = (int)((days + 6) % 7) + 1; /* 0000-01-01 was a Saturday */
    d.year = (int)(days / 366); /* never too late; at most 7 too early */
    while (days_before(d.year + 1) <= days)
        d.year++;
    days -= days_before(d.year);
    for (d.month = 1; days >= month_days(d.year, d.month); d.month++)
        days -= month_days(d.year, d.month);
    d.day = (int)days + 1;
    return d;
}

int64_t rtc_date_seconds(const struct rtc_date *d)
{
    int year = clamp(d->year, 0, 9999);
    int month = clamp(d->month, 1, 12);
    int64_t days = days_before(year) - EPOCH_DAYS;
    int i;

    for (i = 1; i < month; i++)
        days += month_days(year, i);
    days += clamp(d->day, 1, month_days(year, month)) - 1;
    return days * DAY + clamp(d->hour, 0, 23) * 3600 +
           clamp(d->minute, 0, 59) * 60 + clamp(d->second, 0, 59);
}
