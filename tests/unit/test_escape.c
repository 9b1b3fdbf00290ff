#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>
#include "base/buffer.h"
#include "render/escape.h"
#include "tests/unit/sample.h"

struct expectation {
	const char *in;
	const char *text;  /* on a UTF-8 terminal */
	const char *ascii; /* on another */
	const char *json;
};

static const struct expectation table[] = {
	{ "", "", "", "" },
	{ "router-1.example.test", "router-1.example.test", "router-1.example.test",
	  "router-1.example.test" },
	{ "!~", "!~", "!~", "!~" },
	/* what would move the cursor, colour the rest, or start another line */
	{ "a\x1b[31mb", "a\\x1b[31mb", "a\\x1b[31mb", "a\\u001b[31mb" },
	{ "a\nb\r\t\x08\x7f", "a\\x0ab\\x0d\\x09\\x08\\x7f", "a\\x0ab\\x0d\\x09\\x08\\x7f",
	  "a\\u000ab\\u000d\\u0009\\u0008\\u007f" },
	/* C1: as UTF-8, and as the bytes a Latin-1 terminal would obey */
	{ "\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009b\\u009f", "\\u0080\\u009b\\u009f",
	  "\\u0080\\u009b\\u009f" },
	{ "\x9b"
	  "2J",
	  "\\x9b2J", "\\x9b2J", "\\ufffd2J" },
	/* a blank would end the name, a backslash would make an escape of its own */
	{ "a b\\x1b", "a\\x20b\\\\x1b", "a\\x20b\\\\x1b", "a b\\\\x1b" },
	{ "say \"hi\"", "say\\x20\"hi\"", "say\\x20\"hi\"", "say \\\"hi\\\"" },
	{ "\xc2\xa0\xe3\x80\x80", "\\u00a0\\u3000", "\\u00a0\\u3000", "\xc2\xa0\xe3\x80\x80" },
	/* plain letters of other scripts */
	{ "m\xc3\xbcnchen.test", "m\xc3\xbcnchen.test", "m\\u00fcnchen.test",
	  "m\xc3\xbcnchen.test" },
	{ "\xe4\xbe\x8b\xf0\x9f\x98\x80", "\xe4\xbe\x8b\xf0\x9f\x98\x80", "\\u4f8b\\U0001f600",
	  "\xe4\xbe\x8b\xf0\x9f\x98\x80" },
	/* the edges of each length: U+00A1, U+07FF, U+0800, U+D7FF, U+E000, U+10000 */
	{ "\xc2\xa1\xdf\xbf\xe0\xa0\x80", "\xc2\xa1\xdf\xbf\xe0\xa0\x80", "\\u00a1\\u07ff\\u0800",
	  "\xc2\xa1\xdf\xbf\xe0\xa0\x80" },
	{ "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80", "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80",
	  "\\ud7ff\\ue000\\U00010000", "\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80" },
	/* overlong '/', NUL, U+07FF and U+FFFF; surrogates; beyond U+10FFFF; never a first byte */
	{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd" },
	{ "\xc1\xbf", "\\xc1\\xbf", "\\xc1\\xbf", "\\ufffd\\ufffd" },
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", "\\xe0\\x9f\\xbf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", "\\xf0\\x8f\\xbf\\xbf",
	  "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80\xed\xbf\xbf", "\\xed\\xa0\\x80\\xed\\xbf\\xbf",
	  "\\xed\\xa0\\x80\\xed\\xbf\\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
	  "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80", "\\xf8\\x88\\x80\\x80\\x80",
	  "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xff", "\\xff", "\\xff", "\\ufffd" },
	/* cut, and broken off by a plain letter */
	{ "\xe4\xbe", "\\xe4\\xbe", "\\xe4\\xbe", "\\ufffd\\ufffd" },
	{ "\xe4"
	  "ab",
	  "\\xe4ab", "\\xe4ab", "\\ufffdab" },
	/* Trojan source: overrides, isolates, marks */
	{ "a\xe2\x80\xae"
	  "b",
	  "a\\u202eb", "a\\u202eb", "a\\u202eb" },
	{ "\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c",
	  "\\u202a\\u2066\\u2069\\u200f\\u061c", "\\u202a\\u2066\\u2069\\u200f\\u061c",
	  "\\u202a\\u2066\\u2069\\u200f\\u061c" },
	/* not seen: zero width space, BOM, soft hyphen, separators, tags, noncharacters */
	{ "\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xe2\x80\xa8\xe2\x80\xa9",
	  "\\u200b\\ufeff\\u00ad\\u2028\\u2029", "\\u200b\\ufeff\\u00ad\\u2028\\u2029",
	  "\\u200b\\ufeff\\u00ad\\u2028\\u2029" },
	{ "\xf3\xa0\x81\x81", "\\U000e0041", "\\U000e0041", "\\udb40\\udc41" },
	{ "\xef\xbf\xbf\xf4\x8f\xbf\xbf\xef\xb7\x90", "\\uffff\\U0010ffff\\ufdd0",
	  "\\uffff\\U0010ffff\\ufdd0", "\\uffff\\udbff\\udfff\\ufdd0" },
};

static void escapes_as_told(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 4096);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct expectation *e = &table[i];
		buffer_clear(&b);
		buffer_text(&b, "");
		escape_text(&b, e->in, strlen(e->in), true);
		assert_string_equal(b.data, e->text);
		buffer_clear(&b);
		escape_text(&b, e->in, strlen(e->in), false);
		assert_string_equal(b.data, e->ascii);
		buffer_clear(&b);
		escape_json(&b, e->in, strlen(e->in));
		assert_string_equal(b.data, e->json);
	}
	buffer_release(&b);
}

static void nul_is_a_character_like_others(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 64);
	escape_text(&b, "a\0b", 3, true);
	assert_string_equal(b.data, "a\\x00b");
	buffer_clear(&b);
	escape_json(&b, "a\0b", 3);
	assert_string_equal(b.data, "a\\u0000b");
	buffer_release(&b);
}

/* Bytes beyond the length are not looked at, though they would complete the character. */
static void length_is_the_end(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 64);
	escape_text(&b, "\xe4\xbe\x8b", 2, true);
	assert_string_equal(b.data, "\\xe4\\xbe");
	buffer_release(&b);
}

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Half any bytes, half bytes that are often part of UTF-8, so that both branches are walked. */
static size_t random_text(uint8_t *text, size_t size)
{
	static const uint8_t likely[] = { 0xc2, 0xe2, 0x80, 0xae, 0xf0, 0x9f, 0x98, 0xed,
		                          0xa0, '\\', ' ',  '"',  'a',  0x1b, 0xf4, 0x8f };
	size_t length = next_random() % size;
	for (size_t i = 0; i < length; i++) {
		uint64_t r = next_random();
		text[i] = r & 1 ? (uint8_t)(r >> 8) : likely[r >> 8 & 15];
	}
	return length;
}

static unsigned hex(const char **at, int digits)
{
	unsigned value = 0;
	for (int i = 0; i < digits; i++, ++*at) {
		char c = **at;
		assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
		value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

static size_t put_utf8(uint8_t *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = length - 1; i > 0; i--, c >>= 6)
		to[i] = (uint8_t)(0x80 | (c & 0x3f));
	to[0] = (uint8_t)((0xf00 >> length & 0xff) | c);
	return length;
}

/* What a reader of the escapes makes of them. */
static size_t unescape(const char *at, uint8_t *to)
{
	size_t length = 0;
	while (*at) {
		if (*at != '\\') {
			to[length++] = (uint8_t)*at++;
			continue;
		}
		char kind = at[1];
		at += 2;
		if (kind == '\\')
			to[length++] = '\\';
		else if (kind == 'x')
			to[length++] = (uint8_t)hex(&at, 2);
		else if (kind == 'u')
			length += put_utf8(to + length, hex(&at, 4));
		else if (kind == 'U')
			length += put_utf8(to + length, hex(&at, 8));
		else
			fail_msg("an escape that does not exist: \\%c", kind);
	}
	return length;
}

/* Whatever comes: nothing but printable ASCII, and it can be told what it was. */
static void ascii_is_printable_and_lossless(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 4096);
	for (int round = 0; round < 20000; round++) {
		uint8_t text[48], back[48 * 12];
		size_t length = random_text(text, sizeof text);
		bool utf8 = round % 2;
		buffer_clear(&b);
		buffer_text(&b, "");
		escape_text(&b, (const char *)text, length, utf8);
		for (size_t i = 0; i < b.length; i++) {
			uint8_t c = (uint8_t)b.data[i];
			assert_true(c > 0x20 && c != 0x7f && (utf8 || c < 0x7f));
		}
		assert_int_equal(unescape(b.data, back), length);
		assert_memory_equal(back, text, length);
	}
	buffer_release(&b);
}

/* Whatever comes: another parser takes it, and gets back what was UTF-8. */
static void json_is_always_valid(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 4096);
	for (int round = 0; round < 20000; round++) {
		uint8_t text[48];
		size_t length = random_text(text, sizeof text);
		buffer_clear(&b);
		buffer_char(&b, '"');
		escape_json(&b, (const char *)text, length);
		buffer_char(&b, '"');
		for (size_t i = 0; i < b.length; i++)
			assert_true((uint8_t)b.data[i] >= 0x20 && b.data[i] != 0x7f);
		json_t *value =
		        json_loadb(b.data, b.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(value);
		json_t *whole = json_stringn((const char *)text, length); /* NULL unless UTF-8 */
		if (whole)
			assert_true(json_equal(value, whole));
		else
			assert_non_null(strstr(b.data, "\\ufffd"));
		json_decref(whole);
		json_decref(value);
	}
	buffer_release(&b);
}

static void full_buffer_is_told(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 5);
	escape_text(&b, "a\x1b", 2, true);
	assert_false(b.failed);
	escape_text(&b, "b", 1, true);
	assert_true(b.failed);
	assert_string_equal(b.data, "a\\x1b");
	buffer_release(&b);
}

int main(void)
{
	seed = sample_seed(UINT64_C(0x9e3779b97f4a7c15)) | 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_as_told),
		cmocka_unit_test(nul_is_a_character_like_others),
		cmocka_unit_test(length_is_the_end),
		cmocka_unit_test(ascii_is_printable_and_lossless),
		cmocka_unit_test(json_is_always_valid),
		cmocka_unit_test(full_buffer_is_told),
	};
	return cmocka_run_group_tests_name("escape", tests, NULL, NULL) != 0;
}
