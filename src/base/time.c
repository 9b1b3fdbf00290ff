#include "base/time.h"

#include <math.h>

nsec nsec_from_s(double seconds)
{
	if (isnan(seconds))
		return 0;
	double ns = round(seconds * 1e9);
	/* 2^63 is a double, INT64_MAX is not. */
	if (ns >= 0x1p63)
		return INT64_MAX;
	if (ns < -0x1p63)
		return INT64_MIN;
	return (nsec)ns;
}

/*
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from
 * March, so that the leap day is the last of its year and months have a regular pattern of
 * lengths: 153 days for each five.
 */
static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	const int64_t era_days = 146097;         /* in 400 years */
	int64_t from_march_0000 = days + 719468; /* days from 0000-03-01 to the epoch */
	int64_t era = from_march_0000 / era_days;
	if (from_march_0000 % era_days < 0)
		era--;
	int64_t doe = from_march_0000 - era * era_days;
	/* 1460 days in 4 years but the last, 36524 in a century but the last. */
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t march_month = (5 * doy + 2) / 153;
	*day = doy - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

/* Writes value as exactly that many digits and the character behind; returns what follows. */
static char *put_digits(char *at, int64_t value, int digits, char behind)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	at[digits] = behind;
	return at + digits + 1;
}

void nsec_format_rfc3339(nsec since_epoch, char text[static NSEC_RFC3339_SIZE])
{
	/* Rounds down, also before 1970: a stamp never lies in the future of its event. */
	int64_t seconds = since_epoch / NSEC_S;
	int64_t ns = since_epoch % NSEC_S;
	if (ns < 0) {
		ns += NSEC_S;
		seconds--;
	}
	int64_t days = seconds / 86400;
	int64_t second_of_day = seconds % 86400;
	if (second_of_day < 0) {
		second_of_day += 86400;
		days--;
	}
	int64_t year, month, day;
	civil_from_days(days, &year, &month, &day);

	char *at = text;
	at = put_digits(at, year, 4, '-'); /* 64 bits of ns end in 2262: four digits are enough */
	at = put_digits(at, month, 2, '-');
	at = put_digits(at, day, 2, 'T');
	at = put_digits(at, second_of_day / 3600, 2, ':');
	at = put_digits(at, second_of_day / 60 % 60, 2, ':');
	at = put_digits(at, second_of_day % 60, 2, '.');
	at = put_digits(at, ns / NSEC_US, 6, 'Z');
	*at = '\0';
}
