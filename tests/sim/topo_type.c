/* The types of the words' fields: reading, writing, comparing. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "tests/sim/topo_word.h"

/* --- pieces ----------------------------------------------------------------------------------- */

static bool same_bytes(const struct topo_word *word, const void *a, const void *b)
{
	return memcmp(a, b, word->size) == 0;
}

static void print_time(struct buffer *out, nsec t)
{
	if (t % NSEC_S == 0)
		buffer_printf(out, " %llds", (long long)(t / NSEC_S));
	else if (t % NSEC_MS == 0)
		buffer_printf(out, " %lldms", (long long)(t / NSEC_MS));
	else if (t % NSEC_US == 0)
		buffer_printf(out, " %lldus", (long long)(t / NSEC_US));
	else
		buffer_printf(out, " %lldns", (long long)t);
}

/* A number of so many decimals without the zeros at its end. */
static void print_decimal(struct buffer *out, uint64_t value, unsigned decimals)
{
	uint64_t unit = 1;
	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	buffer_printf(out, " %llu", (unsigned long long)(value / unit));
	if (value % unit)
		buffer_char(out, '.');
	for (uint64_t rest = value % unit; rest; rest %= unit) {
		unit /= 10;
		buffer_char(out, (char)('0' + rest / unit));
	}
}

/* As the scan reads them, these are integers of 1e-9 and 1e-6: what is printed is exact. */
static void print_chance(struct buffer *out, double chance)
{
	print_decimal(out, (uint64_t)llround(chance * 1e9), 7);
	buffer_char(out, '%');
}

static bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

uint32_t topo_number(const struct topo_word *word, const void *field)
{
	uint8_t small;
	uint16_t middle;
	uint32_t large;
	switch (word->size) {
	case 1: memcpy(&small, field, 1); return small;
	case 2: memcpy(&middle, field, 2); return middle;
	default: memcpy(&large, field, 4); return large;
	}
}

void topo_number_set(const struct topo_word *word, void *field, uint32_t value)
{
	uint8_t small = (uint8_t)value;
	uint16_t middle = (uint16_t)value;
	switch (word->size) {
	case 1: memcpy(field, &small, 1); break;
	case 2: memcpy(field, &middle, 2); break;
	default: memcpy(field, &value, 4); break;
	}
}

/* --- simple ones ------------------------------------------------------------------------------ */

static bool parse_flag(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	(void)scan;
	(void)word;
	*(bool *)field = true;
	return true;
}

static void print_flag(struct buffer *out, const struct topo_word *word, const void *field)
{
	(void)out;
	(void)word;
	(void)field;
}

const struct topo_type topo_type_flag = { parse_flag, print_flag, same_bytes };

static bool parse_time(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	(void)word;
	return topo_scan_time(scan, field);
}

static void print_time_field(struct buffer *out, const struct topo_word *word, const void *field)
{
	(void)word;
	print_time(out, *(const nsec *)field);
}

const struct topo_type topo_type_time = { parse_time, print_time_field, same_bytes };

static bool parse_chance(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	(void)word;
	return topo_scan_chance(scan, field);
}

static void print_chance_field(struct buffer *out, const struct topo_word *word, const void *field)
{
	(void)word;
	print_chance(out, *(const double *)field);
}

const struct topo_type topo_type_chance = { parse_chance, print_chance_field, same_bytes };

static bool parse_number(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	uint32_t value;
	if (!topo_scan_number(scan, word->least, word->most, &value))
		return false;
	topo_number_set(word, field, value);
	return true;
}

static void print_number(struct buffer *out, const struct topo_word *word, const void *field)
{
	buffer_printf(out, " %u", (unsigned)topo_number(word, field));
}

const struct topo_type topo_type_number = { parse_number, print_number, same_bytes };

/* --- words out of a list ------------------------------------------------------------------------
 */

/* The choices, for a message: "a, b, c". */
static const char *list_choices(const struct topo_word *word, char text[static 120])
{
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; word->choices[i]; i++) {
		size_t more = strlen(word->choices[i]);
		if (length + more + 3 > 120)
			break;
		memcpy(text + length, i ? ", " : "", i ? 2 : 0);
		length += i ? 2 : 0;
		memcpy(text + length, word->choices[i], more + 1);
		length += more;
	}
	return text;
}

/* The index of the token among the choices; -1, and the scan has failed, where it is none. */
static int find_choice(struct topo_scan *scan, const struct topo_word *word, const char *token)
{
	char text[120];
	for (int i = 0; word->choices[i]; i++)
		if (strcmp(word->choices[i], token) == 0)
			return i;
	(void)topo_scan_fail(scan, "%s can be %s", word->name, list_choices(word, text));
	return -1;
}

static bool parse_choice(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	if (!topo_scan_need(scan, "a word"))
		return false;
	int choice = find_choice(scan, word, scan->token);
	if (choice >= 0)
		*(uint8_t *)field = (uint8_t)choice;
	return choice >= 0;
}

static void print_choice(struct buffer *out, const struct topo_word *word, const void *field)
{
	buffer_printf(out, " %s", word->choices[*(const uint8_t *)field]);
}

const struct topo_type topo_type_choice = { parse_choice, print_choice, same_bytes };

static bool parse_set(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	uint8_t set = 0;
	if (!topo_scan_need(scan, "a word"))
		return false;
	for (char *part = scan->token; part;) {
		char *comma = strchr(part, ',');
		if (comma)
			*comma = '\0';
		int choice = find_choice(scan, word, part);
		if (choice < 0)
			return false;
		set = (uint8_t)(set | 1u << choice);
		part = comma ? comma + 1 : NULL;
	}
	*(uint8_t *)field = set;
	return true;
}

static void print_set(struct buffer *out, const struct topo_word *word, const void *field)
{
	char before = ' ';
	for (unsigned i = 0; word->choices[i]; i++) {
		if (!(*(const uint8_t *)field & 1u << i))
			continue;
		buffer_printf(out, "%c%s", before, word->choices[i]);
		before = ',';
	}
}

const struct topo_type topo_type_set = { parse_set, print_set, same_bytes };

/* --- several values -----------------------------------------------------------------------------
 */

/* The keyword between two values. */
static bool need_word(struct topo_scan *scan, const char *word)
{
	if (!topo_scan_need(scan, word))
		return false;
	return strcmp(scan->token, word) == 0 ||
	       topo_scan_fail(scan, "%s is expected here, not %s", word, scan->token);
}

static bool parse_bucket(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_bucket bucket;
	(void)word;
	if (!topo_scan_rate(scan, &bucket.per_second) || !need_word(scan, "burst") ||
	    !topo_scan_number(scan, 1, 1000000, &bucket.burst))
		return false;
	*(struct topo_bucket *)field = bucket;
	return true;
}

static void print_bucket(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_bucket *bucket = field;
	(void)word;
	print_decimal(out, (uint64_t)llround(bucket->per_second * 1e6), 6);
	buffer_printf(out, "/s burst %u", (unsigned)bucket->burst);
}

static bool same_bucket(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_bucket *first = a, *second = b;
	(void)word;
	return same_double(first->per_second, second->per_second) && first->burst == second->burst;
}

const struct topo_type topo_type_bucket = { parse_bucket, print_bucket, same_bucket };

static bool parse_bursts(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_bursts *bursts = field;
	(void)word;
	return topo_scan_chance(scan, &bursts->loss) && need_word(scan, "enter") &&
	       topo_scan_chance(scan, &bursts->enter) && need_word(scan, "leave") &&
	       topo_scan_chance(scan, &bursts->leave);
}

static void print_bursts(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_bursts *bursts = field;
	(void)word;
	print_chance(out, bursts->loss);
	buffer_text(out, " enter");
	print_chance(out, bursts->enter);
	buffer_text(out, " leave");
	print_chance(out, bursts->leave);
}

const struct topo_type topo_type_bursts = { parse_bursts, print_bursts, same_bytes };

static bool parse_reorder(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_reorder *reorder = field;
	(void)word;
	return topo_scan_chance(scan, &reorder->chance) && topo_scan_time(scan, &reorder->delay);
}

static void print_reorder(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_reorder *reorder = field;
	(void)word;
	print_chance(out, reorder->chance);
	print_time(out, reorder->delay);
}

const struct topo_type topo_type_reorder = { parse_reorder, print_reorder, same_bytes };

/* --- errno of a refused send --------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int32_t error;
} errors[] = { { "ENOBUFS", ENOBUFS },
	       { "EAGAIN", EAGAIN },
	       { "EPERM", EPERM },
	       { "ENETUNREACH", ENETUNREACH },
	       { "EMSGSIZE", EMSGSIZE } };

static bool parse_send_error(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_send_error *refusal = field;
	(void)word;
	if (!topo_scan_chance(scan, &refusal->chance) || !topo_scan_need(scan, "an error"))
		return false;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		if (strcmp(errors[i].name, scan->token) != 0)
			continue;
		refusal->error = errors[i].error;
		return true;
	}
	return topo_scan_fail(scan, "%s is none of ENOBUFS, EAGAIN, EPERM, ENETUNREACH, EMSGSIZE",
	                      scan->token);
}

static void print_send_error(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_send_error *refusal = field;
	(void)word;
	print_chance(out, refusal->chance);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].error == refusal->error)
			buffer_printf(out, " %s", errors[i].name);
}

static bool same_send_error(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_send_error *first = a, *second = b;
	(void)word;
	return same_double(first->chance, second->chance) && first->error == second->error;
}

const struct topo_type topo_type_send_error = { parse_send_error, print_send_error,
	                                        same_send_error };
