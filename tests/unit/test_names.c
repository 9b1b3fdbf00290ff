#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "io/names.h"
#include "tests/unit/alloc_fail.h"

static const struct siphash_key key = { 1, 2 };

static struct addr nth(uint32_t n)
{
	return addr_v4(0x0a000000 + n);
}

/* Settles n as a name of its own. */
static void settle(struct names *names, uint32_t n, const char *name)
{
	struct addr addr = nth(n);
	struct names_entry *entry = names_ask(names, &addr);
	assert_non_null(entry);
	names_settle(names, entry, name, NSEC_S);
}

struct calls {
	struct names *names;
	unsigned int count;
	char order[8];
	const char *wanted;
	uint32_t ask; /* from within */
};

struct caller {
	struct calls *calls;
	char letter;
};

static void called(void *ctx, const struct addr *addr, const char *name)
{
	struct caller *caller = ctx;
	struct calls *calls = caller->calls;
	assert_int_equal(addr_to_v4(addr), 0x0a000001);
	assert_string_equal(name, calls->wanted);
	calls->order[calls->count++] = caller->letter;
	/* However many are settled meanwhile, the name told stays. */
	for (uint32_t i = 0; i < calls->ask; i++)
		settle(calls->names, 100 + i, "other");
	assert_string_equal(name, calls->wanted);
}

static void test_asked_once_and_told_to_all(void **state)
{
	(void)state;
	struct names names;
	names_init(&names, key, 2, 10);
	struct addr one = nth(1);
	assert_null(names_find(&names, &one));
	struct names_entry *entry = names_ask(&names, &one);
	assert_true(entry->pending);
	assert_false(entry->known);
	assert_ptr_equal(names_ask(&names, &one), entry);
	assert_int_equal(names.pending, 1);
	struct calls calls = { .names = &names, .wanted = "one.test", .ask = 5 };
	struct caller a = { &calls, 'a' }, b = { &calls, 'b' }, c = { &calls, 'c' };
	assert_int_equal(names_wait(entry, called, &a), 0);
	assert_int_equal(names_wait(entry, called, &b), 0);
	assert_int_equal(names_wait(entry, called, &c), 0);
	names_settle(&names, entry, "one.test", NSEC_S);
	assert_string_equal(calls.order, "abc");
	assert_int_equal(names.pending, 0);
	assert_int_equal(names.known, 2);
	names_release(&names);
}

static void test_known_until_asked_again(void **state)
{
	(void)state;
	struct names names;
	names_init(&names, key, 10, 10);
	settle(&names, 1, "old.test");
	struct addr one = nth(1);
	struct names_entry *entry = names_find(&names, &one);
	assert_true(entry->known);
	assert_false(entry->pending);
	assert_int_equal(entry->expires, NSEC_S);
	assert_string_equal(entry->name, "old.test");
	/* Asked anew: the old name is still there. */
	assert_ptr_equal(names_ask(&names, &one), entry);
	assert_true(entry->known && entry->pending);
	assert_string_equal(entry->name, "old.test");
	names_settle(&names, entry, NULL, 2 * NSEC_S);
	assert_true(entry->known);
	assert_null(entry->name);
	assert_int_equal(names.known, 1);
	names_release(&names);
}

static void test_addresses_are_told_apart(void **state)
{
	(void)state;
	struct names names;
	names_init(&names, key, 10, 10);
	settle(&names, 1, "one.test");
	struct addr six = { .family = 6 };
	memcpy(six.bytes, nth(1).bytes, 4);
	assert_null(names_find(&names, &six));
	struct addr two = nth(2);
	assert_null(names_find(&names, &two));
	/* The scope is no part of it: no name server knows of one. */
	struct names_entry *entry = names_ask(&names, &six);
	six.scope = 7;
	assert_ptr_equal(names_find(&names, &six), entry);
	assert_int_equal(entry->addr.scope, 0);
	names_release(&names);
}

static void test_bounds(void **state)
{
	(void)state;
	struct names names;
	names_init(&names, key, 50, 30);
	for (uint32_t i = 0; i < 30; i++) {
		struct addr addr = nth(i);
		assert_non_null(names_ask(&names, &addr));
	}
	struct addr more = nth(30), again = nth(3);
	assert_null(names_ask(&names, &more));
	assert_non_null(names_ask(&names, &again)); /* is pending already */
	for (uint32_t i = 0; i < 30; i++)
		settle(&names, i, "x");
	/* One that is looked at now and then stays; of the others only so many do. */
	struct addr dear = nth(7);
	for (uint32_t i = 30; i < 5000; i++) {
		settle(&names, i, "x");
		assert_true(names.known <= 50);
		assert_non_null(names_find(&names, &dear));
	}
	assert_int_equal(names.known, 50);
	assert_int_equal(names.pending, 0);
	assert_true(names.capacity <= 128);
	unsigned int found = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		struct addr addr = nth(i);
		found += names_find(&names, &addr) != NULL;
	}
	assert_int_equal(found, 50);
	names_release(&names);
}

/* Pending ones never give way, also where nothing else is left. */
static void test_pending_stay(void **state)
{
	(void)state;
	struct names names;
	names_init(&names, key, 10, 100);
	struct names_entry *entries[10];
	for (uint32_t i = 0; i < 10; i++) {
		struct addr addr = nth(i);
		settle(&names, i, "x");
		entries[i] = names_ask(&names, &addr);
		assert_non_null(entries[i]);
	}
	names.limit = 1;
	settle(&names, 10, "z");
	assert_int_equal(names.known, 10);
	for (uint32_t i = 0; i < 10; i++) {
		struct addr addr = nth(i);
		assert_ptr_equal(names_find(&names, &addr), entries[i]);
	}
	for (uint32_t i = 0; i < 10; i++)
		names_settle(&names, entries[i], "y", NSEC_S);
	assert_int_equal(names.known, 1);
	/* Released with somebody waiting: he is not called. */
	struct addr addr = nth(50);
	struct caller nobody = { NULL, 'x' };
	assert_int_equal(names_wait(names_ask(&names, &addr), called, &nobody), 0);
	names_release(&names);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct names names;
		names_init(&names, key, 100, 100);
		struct calls calls = { .names = &names, .wanted = "one.test" };
		struct caller caller = { &calls, 'a' };
		unsigned int asked = 0, waiting = 0;
		for (uint32_t i = 0; i < 100; i++) {
			struct addr addr = nth(i);
			struct names_entry *entry = names_ask(&names, &addr);
			assert_int_equal(names_find(&names, &addr) != NULL, entry != NULL);
			asked += entry != NULL;
			int error = i == 1 && entry ? names_wait(entry, called, &caller) : -ENOMEM;
			waiting += !error;
		}
		assert_int_equal(names.pending, asked);
		assert_true(asked >= 99);
		struct addr one = nth(1);
		struct names_entry *entry = names_find(&names, &one);
		if (entry)
			names_settle(&names, entry, "one.test", NSEC_S);
		assert_int_equal(calls.count, waiting);
		names_release(&names);
	}
	alloc_fail_never();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_once_and_told_to_all),
		cmocka_unit_test(test_known_until_asked_again),
		cmocka_unit_test(test_addresses_are_told_apart),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_pending_stay),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests_name("names", tests, NULL, NULL) != 0;
}
