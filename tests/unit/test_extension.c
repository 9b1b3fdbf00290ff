#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"
#include "wire/extension.h"

/*
 * One label 24015, TC 3, bottom, TTL 1. The entry by RFC 4950, 3: 05dcf << 12 | 3 << 9 | 1 << 8
 * | 1. The checksum: 2000 + 0008 + 0101 + 05dc + f701 = 11de6; 1de7; ~ e218.
 */
#define MPLS_ONE "2000e218 00080101 05dcf701"
/* Two labels: 16 (TC 0, TTL 255), 1048575 (TC 7, bottom, TTL 0). */
#define MPLS_TWO "20000000 000c0101 000100ff ffffff00"

struct structure {
	uint8_t *bytes; /* of exactly this size */
	struct span span;
};

static struct structure structure_of(const char *hex)
{
	uint8_t bytes[256];
	size_t length = sample_hex(hex, bytes, sizeof bytes);
	uint8_t *exact = sample_copy(bytes, length);
	return (struct structure){ exact, { exact, length } };
}

static bool opens(const char *hex)
{
	struct structure s = structure_of(hex);
	struct cursor objects;
	bool good = extension_open(s.span, &objects);
	if (good)
		assert_int_equal(cursor_left(&objects), s.span.length - 4);
	free(s.bytes);
	return good;
}

static void opening(void **state)
{
	(void)state;
	assert_true(opens(MPLS_ONE));
	assert_true(opens(MPLS_TWO));                      /* checksum 0: not computed */
	assert_true(opens("2000dfff"));                    /* no object */
	assert_false(opens("2000e219 00080101 05dcf701")); /* one more than right */
	assert_false(opens("2000e218 00080101 05dcf711"));
	/* Reserved bits are summed and else ignored: 2fff + 0008 + 0101 + 05dc + f701 = 12de5. */
	assert_true(opens("2fffd219 00080101 05dcf701"));
}

static void versions(void **state)
{
	(void)state;
	/* The checksum is not computed, so that the version alone decides. */
	for (unsigned int first = 0; first < 256; first++) {
		const uint8_t bytes[4] = { (uint8_t)first };
		struct cursor objects;
		assert_int_equal(extension_open((struct span){ bytes, 4 }, &objects),
		                 first >> 4 == 2 || first == 0x02);
	}
}

static void cut_headers_do_not_open(void **state)
{
	(void)state;
	const uint8_t bytes[4] = { 0x20 };

	for (size_t cut = 0; cut <= 4; cut++) {
		uint8_t *exact = sample_copy(bytes, cut);
		struct cursor objects;
		assert_int_equal(extension_open((struct span){ exact, cut }, &objects), cut == 4);
		free(exact);
	}
}

static void objects_one_after_another(void **state)
{
	(void)state;
	struct structure s = structure_of("20000000 00080101 05dcf701 0004ff07 00063305 abcd");
	struct cursor c;
	struct extension_object o;

	assert_true(extension_open(s.span, &c));
	assert_true(extension_next(&c, &o));
	assert_int_equal(o.class_num, EXTENSION_MPLS);
	assert_int_equal(o.c_type, 1);
	assert_int_equal(o.data.length, 4);
	assert_ptr_equal(o.data.data, s.bytes + 8);
	assert_true(extension_next(&c, &o));
	assert_int_equal(o.class_num, 255);
	assert_int_equal(o.c_type, 7);
	assert_int_equal(o.data.length, 0);
	assert_true(extension_next(&c, &o));
	assert_int_equal(o.class_num, 0x33);
	assert_int_equal(o.data.length, 2);
	assert_false(extension_next(&c, &o));
	assert_false(c.failed);
	assert_false(extension_next(&c, &o));
	free(s.bytes);
}

static void lying_objects_stop_the_walk(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"00000101",          /* no length: would never end */
		"00030101",          /* shorter than its own header */
		"00050101",          /* one byte beyond */
		"ffff0101 00000000", /* far beyond */
		"000401",            /* cut in its header */
		"00",
		"0008010105dcf7", /* cut in its data */
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct structure s = structure_of(bad[i]);
		struct cursor c = cursor_over(s.span);
		struct extension_object o;
		assert_false(extension_next(&c, &o));
		assert_true(c.failed);
		assert_int_equal(o.data.length, 0);
		assert_false(extension_next(&c, &o));
		free(s.bytes);
	}
}

static void label_stack(void **state)
{
	(void)state;
	struct structure s = structure_of("05dcf701 000100ff ffffff00 00000200 00000100");
	struct cursor c = cursor_over(s.span);
	struct mpls_entry e;

	assert_true(mpls_next(&c, &e));
	assert_int_equal(e.label, 24015);
	assert_int_equal(e.tc, 3);
	assert_true(e.bottom);
	assert_int_equal(e.ttl, 1);
	assert_true(mpls_next(&c, &e));
	assert_int_equal(e.label, 16);
	assert_int_equal(e.tc, 0);
	assert_false(e.bottom);
	assert_int_equal(e.ttl, 255);
	assert_true(mpls_next(&c, &e));
	assert_int_equal(e.label, 1048575);
	assert_int_equal(e.tc, 7);
	assert_true(e.bottom);
	assert_int_equal(e.ttl, 0);
	/* TC and S side by side: bit 9 is the one, bit 8 the other. */
	assert_true(mpls_next(&c, &e));
	assert_int_equal(e.tc, 1);
	assert_false(e.bottom);
	assert_true(mpls_next(&c, &e));
	assert_int_equal(e.tc, 0);
	assert_true(e.bottom);
	assert_false(mpls_next(&c, &e));
	assert_false(c.failed);
	free(s.bytes);
}

static void cut_labels(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 4; cut++) {
		uint8_t *exact = sample_copy("\xff\xff\xff\xff", cut);
		struct cursor c = cursor_of(exact, cut);
		struct mpls_entry e;
		assert_false(mpls_next(&c, &e));
		assert_true(c.failed);
		free(exact);
	}
}

/* --- RFC 5837
 * ------------------------------------------------------------------------------------- */

static bool interface_of(uint8_t class_num, uint8_t c_type, const char *hex,
                         struct interface_info *info, char name[static 64])
{
	struct structure s = structure_of(hex);
	struct extension_object o = { class_num, c_type, s.span };
	bool good = interface_parse(&o, info);
	/* The name is a view into the bytes that go away here. */
	memset(name, 0, 64);
	if (info->name.length)
		memcpy(name, info->name.data, info->name.length);
	info->name.data = NULL;
	free(s.bytes);
	return good;
}

static void interface_with_everything(void **state)
{
	(void)state;
	struct interface_info info;
	char name[64], text[ADDR_TEXT_SIZE];

	/* Outgoing (2), index 7, 192.0.2.1, "eth0.100" in twelve octets, MTU 1500. */
	assert_true(interface_of(2, 0x8f,
	                         "00000007 00010000 c0000201 0c657468 302e3130 30000000 000005dc",
	                         &info, name));
	assert_int_equal(info.role, INTERFACE_OUTGOING);
	assert_true(info.has_index);
	assert_int_equal(info.index, 7);
	assert_string_equal(addr_format(&info.addr, text), "192.0.2.1");
	assert_int_equal(info.name.length, 8);
	assert_string_equal(name, "eth0.100");
	assert_true(info.has_mtu);
	assert_int_equal(info.mtu, 1500);
}

static void interface_fields_alone(void **state)
{
	(void)state;
	struct interface_info info;
	char name[64], text[ADDR_TEXT_SIZE];

	assert_true(interface_of(2, 0x08, "00000105", &info, name));
	assert_int_equal(info.role, INTERFACE_INCOMING);
	assert_true(info.has_index);
	assert_false(info.has_mtu);
	assert_int_equal(info.index, 261);
	assert_int_equal(info.addr.family, 0);
	assert_int_equal(info.name.length, 0);

	assert_true(
	        interface_of(2, 0xc4, "00020000 20010db8 00000000 00000000 000000fe", &info, name));
	assert_int_equal(info.role, INTERFACE_NEXT_HOP);
	assert_false(info.has_index);
	assert_string_equal(addr_format(&info.addr, text), "2001:db8::fe");

	assert_true(interface_of(2, 0x42, "046c6f00", &info, name));
	assert_int_equal(info.role, INTERFACE_SUB_IP);
	assert_int_equal(info.name.length, 2);
	assert_string_equal(name, "lo");

	assert_true(interface_of(2, 0x01, "00002328", &info, name));
	assert_true(info.has_mtu);
	assert_int_equal(info.mtu, 9000);

	assert_true(interface_of(2, 0x00, "", &info, name));
	/* The reserved bits of the c-type, and what follows the fields, say nothing. */
	assert_true(interface_of(2, 0x30, "12345678", &info, name));
	assert_int_equal(info.role, INTERFACE_INCOMING);
}

static void interface_malformed(void **state)
{
	(void)state;
	struct interface_info info;
	char name[64];

	assert_false(interface_of(1, 0x08, "00000105", &info, name)); /* MPLS, not an interface */
	assert_false(interface_of(2, 0x04, "00030000 c0000201", &info, name)); /* unknown family */
	assert_false(interface_of(2, 0x04, "00000000 c0000201", &info, name));
	assert_false(
	        interface_of(2, 0x04, "00020000 c0000201", &info, name)); /* too few for IPv6 */
	assert_false(interface_of(2, 0x02, "00657468", &info, name));     /* a name of no length */
	assert_false(interface_of(2, 0x02, "03657468", &info, name));     /* no multiple of four */
	assert_false(interface_of(2, 0x02, "08657468", &info, name));     /* beyond the object */
	assert_int_equal(info.name.length, 0);
}

static void interface_names_by_length(void **state)
{
	(void)state;
	uint8_t bytes[257];

	memset(bytes, 'x', sizeof bytes);
	for (unsigned int length = 0; length < 256; length++) {
		bytes[0] = (uint8_t)length;
		struct extension_object o = { 2, 0x02, { bytes, sizeof bytes } };
		struct interface_info info;
		bool good = length > 0 && length % 4 == 0 && length <= 64;
		assert_int_equal(interface_parse(&o, &info), good);
		if (good)
			assert_int_equal(info.name.length, length - 1);
	}
	/* Only the padding goes, and a name of nothing else is none. */
	struct interface_info info;
	struct extension_object o = { 2,
		                      0x02,
		                      { (const uint8_t *)"\x08"
		                                         "a\0b\0\0\0\0",
		                        8 } };
	assert_true(interface_parse(&o, &info));
	assert_int_equal(info.name.length, 3);
	o.data.data = (const uint8_t *)"\x08\0\0\0\0\0\0\0";
	assert_true(interface_parse(&o, &info));
	assert_int_equal(info.name.length, 0);
}

static void interface_cut_anywhere(void **state)
{
	(void)state;
	uint8_t bytes[64];
	size_t length = sample_hex("00000007 00010000 c0000201 0c657468 302e3130 30000000 000005dc",
	                           bytes, sizeof bytes);

	for (size_t cut = 0; cut <= length; cut++) {
		uint8_t *exact = sample_copy(bytes, cut);
		struct extension_object o = { 2, 0x0f, { exact, cut } };
		struct interface_info info;
		assert_int_equal(interface_parse(&o, &info), cut == length);
		free(exact);
	}
}

/* --- building
 * ------------------------------------------------------------------------------------- */

static void builds_the_structure_of_the_rfc(void **state)
{
	(void)state;
	uint8_t bytes[16], want[12];
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)sample_hex(MPLS_ONE, want, sizeof want);
	writer_u32(&w, 0x12345678); /* the quote before it is not summed */
	size_t at = extension_begin(&w);
	assert_int_equal(at, 4);
	assert_memory_equal(bytes + 4, ((uint8_t[]){ 0x20, 0, 0, 0 }), 4);
	extension_object_build(&w, EXTENSION_MPLS, 1, want + 8, 4);
	extension_seal(&w, at);
	assert_false(w.failed);
	assert_memory_equal(bytes + 4, want, 12);
	/* Sealed again it is the same: the old checksum is not summed. */
	extension_seal(&w, at);
	assert_memory_equal(bytes + 4, want, 12);
}

static void a_sum_of_zero_is_sent_as_ffff(void **state)
{
	(void)state;
	/* 2000 + 0006 + 6301 + 7cf8 = ffff, whose complement would say "not computed". */
	const uint8_t data[] = { 0x7c, 0xf8 };
	uint8_t bytes[10];
	struct writer w = writer_of(bytes, sizeof bytes);
	struct cursor objects;

	size_t at = extension_begin(&w);
	extension_object_build(&w, 0x63, 1, data, 2);
	extension_seal(&w, at);
	assert_int_equal(bytes[2], 0xff);
	assert_int_equal(bytes[3], 0xff);
	assert_true(extension_open((struct span){ bytes, sizeof bytes }, &objects));
	bytes[9] ^= 1;
	assert_false(extension_open((struct span){ bytes, sizeof bytes }, &objects));
}

static void build_refuses(void **state)
{
	(void)state;
	static uint8_t bytes[65540], data[65532];
	struct writer w = writer_of(bytes, sizeof bytes);

	extension_object_build(&w, 1, 1, data, 65531);
	assert_false(w.failed);
	assert_int_equal(bytes[0], 0xff);
	assert_int_equal(bytes[1], 0xff);
	w = writer_of(bytes, sizeof bytes);
	extension_object_build(&w, 1, 1, data, 65532);
	assert_true(w.failed);

	w = writer_of(bytes, 3);
	(void)extension_begin(&w);
	assert_true(w.failed);
	w = writer_of(bytes, 8);
	extension_object_build(&w, 1, 1, data, 5);
	assert_true(w.failed);
	w = writer_of(bytes, 8);
	writer_zero(&w, 3);
	extension_seal(&w, 0);
	assert_true(w.failed);
}

static void random_structures_survive(void **state)
{
	(void)state;
	struct random r;

	random_init(&r, sample_seed(60));
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[512], data[64];
		uint8_t class_num[6], c_type[6], fill[6];
		size_t length[6];
		size_t count = (size_t)random_below(&r, 7);
		struct writer w = writer_of(bytes, sizeof bytes);
		size_t at = extension_begin(&w);
		for (size_t i = 0; i < count; i++) {
			class_num[i] = (uint8_t)random_next(&r);
			c_type[i] = (uint8_t)random_next(&r);
			fill[i] = (uint8_t)random_next(&r);
			length[i] = (size_t)random_below(&r, sizeof data + 1);
			memset(data, fill[i], sizeof data);
			extension_object_build(&w, class_num[i], c_type[i], data, length[i]);
		}
		extension_seal(&w, at);
		assert_false(w.failed);
		assert_int_equal(checksum(bytes, writer_length(&w)), 0);
		struct cursor c;
		struct extension_object o;
		assert_true(extension_open((struct span){ bytes, writer_length(&w) }, &c));
		for (size_t i = 0; i < count; i++) {
			assert_true(extension_next(&c, &o));
			assert_int_equal(o.class_num, class_num[i]);
			assert_int_equal(o.c_type, c_type[i]);
			assert_int_equal(o.data.length, length[i]);
			memset(data, fill[i], sizeof data);
			assert_memory_equal(o.data.data, data, length[i]);
		}
		assert_false(extension_next(&c, &o));
		assert_false(c.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening),
		cmocka_unit_test(versions),
		cmocka_unit_test(cut_headers_do_not_open),
		cmocka_unit_test(objects_one_after_another),
		cmocka_unit_test(lying_objects_stop_the_walk),
		cmocka_unit_test(label_stack),
		cmocka_unit_test(cut_labels),
		cmocka_unit_test(interface_with_everything),
		cmocka_unit_test(interface_fields_alone),
		cmocka_unit_test(interface_malformed),
		cmocka_unit_test(interface_names_by_length),
		cmocka_unit_test(interface_cut_anywhere),
		cmocka_unit_test(builds_the_structure_of_the_rfc),
		cmocka_unit_test(a_sum_of_zero_is_sent_as_ffff),
		cmocka_unit_test(build_refuses),
		cmocka_unit_test(random_structures_survive),
	};
	return cmocka_run_group_tests_name("extension", tests, NULL, NULL) != 0;
}
