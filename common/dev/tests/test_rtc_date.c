/* test_rtc_date.c: seconds and the calendar. */
#include "common/dev/rtc_date.h"

#include <time.h>

#include "common/tests/suite.h"

static const struct {
    int64_t seconds;
    int year, month, day, hour, minute, second, week_day;
} dates[] = {
    {0, 1970, 1, 1, 0, 0, 0, 5},
    {1735689600, 2025, 1, 1, 0, 0, 0, 4},
    {951782399, 2000, 2, 28, 23, 59, 59, 2},
    {951782400, 2000, 2, 29, 0, 0, 0, 3},
    {-1, 1969, 12, 31, 23, 59, 59, 4},
    {-2203977600, 1900, 2, 28, 0, 0, 0, 4},
    {-2203891200, 1900, 3, 1, 0, 0, 0, 5},
    {253402300799, 9999, 12, 31, 23, 59, 59, 6},
    {-62167219200, 0, 1, 1, 0, 0, 0, 7},
};

START_TEST(known_dates)
{
    struct rtc_date d = rtc_date_of(dates[_i].seconds);

    ck_assert_int_eq(d.year, dates[_i].year);
    ck_assert_int_eq(d.month, dates[_i].month);
    ck_assert_int_eq(d.day, dates[_i].day);
    ck_assert_int_eq(d.hour, dates[_i].hour);
    ck_assert_int_eq(d.minute, dates[_i].minute);
    ck_assert_int_eq(d.second, dates[_i].second);
    ck_assert_int_eq(d.week_day, dates[_i].week_day);
    ck_assert(rtc_date_seconds(&d) == dates[_i].seconds);
}
END_TEST

START_TEST(every_day_of_400_years)
{
    int64_t day,
        first = rtc_date_seconds(&(struct rtc_date){1800, 1, 1, 0, 0, 0, 0}) /
                86400;

    for (day = first; day <= first + 146097; day++) {
        struct rtc_date d = rtc_date_of(day * 86400 + 12345);

        ck_assert(rtc_date_seconds(&d) == day * 86400 + 12345);
    }
}
END_TEST

START_TEST(agrees_with_the_c_library)
{
    time_t t = 4102444800 - 1000000007ll * _i;
    struct rtc_date d = rtc_date_of(t);
    struct tm tm;

    gmtime_r(&t, &tm);
    ck_assert_int_eq(d.year, tm.tm_year + 1900);
    ck_assert_int_eq(d.month, tm.tm_mon + 1);
    ck_assert_int_eq(d.day, tm.tm_mday);
    ck_assert_int_eq(d.week_day, tm.tm_wday + 1);
    ck_assert_int_eq(d.hour, tm.tm_hour);
}
END_TEST

START_TEST(out_of_range_is_the_nearest)
{
    struct rtc_date d = {2023, 2, 30, 24, 60, 99, 0};
    struct rtc_date low = {-5, 0, 0, -1, -1, -1, 0};

    d = rtc_date_of(rtc_date_seconds(&d));
    ck_assert_int_eq(d.month * 100 + d.day, 228);
    ck_assert_int_eq(d.hour * 10000 + d.minute * 100 + d.second, 235959);
    ck_assert(rtc_date_seconds(&low) == -62167219200);
    ck_assert_int_eq(rtc_date_of(INT64_MAX).year, 9999);
    ck_assert_int_eq(rtc_date_of(INT64_MIN).year, 0);
}
END_TEST

Suite *test_rtc_date_suite(void)
{
    Suite *s = suite_create("rtc_date");
    TCase *tc = tcase_create("rtc_date");

    tcase_add_loop_test(tc, known_dates, 0, ARRAY_LEN(dates));
    tcase_add_test(tc, every_day_of_400_years);
    tcase_add_loop_test(tc, agrees_with_the_c_library, 0, 4);
    tcase_add_test(tc, out_of_range_is_the_nearest);
    suite_add_tcase(s, tc);
    return s;
}
