/* rtc_date.h: seconds since 1970 and the calendar (proleptic Gregorian, UTC,
 * no leap seconds); of its own, because the C library's depends on the host's
 * time zone files. */
#ifndef COMMON_DEV_RTC_DATE_H
#define COMMON_DEV_RTC_DATE_H

#include <stdint.h>

struct rtc_date {
    int year;     /* 0..9999 */
    int month;    /* 1..12 */
    int day;      /* 1..31 */
    int hour;     /* 0..23 */
    int minute;   /* 0..59 */
    int second;   /* 0..59 */
    int week_day; /* 1..7, 1 is Sunday; ignored by rtc_date_seconds */
};

/* Years outside 0..9999 are taken as the nearest of them. */
struct rtc_date rtc_date_of(int64_t seconds);

/* Fields out of range are taken as the nearest value in range. */
int64_t rtc_date_seconds(const struct rtc_date *d);

#endif
