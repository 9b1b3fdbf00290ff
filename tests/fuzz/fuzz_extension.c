/*
 * fuzz_extension - any structure: its walk ends, its objects lie within it, and built again from
 * them it opens and says the same.
 *
 * The first byte: bit 0 mends the checksum.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/extension.h"

static void check_object(const struct extension_object *o)
{
	struct cursor stack = cursor_over(o->data);
	struct interface_info info;
	struct mpls_entry e;
	size_t entries = 0;

	while (mpls_next(&stack, &e)) {
		HOLDS(e.label < 1u << 20 && e.tc < 8);
		entries++;
	}
	HOLDS(entries == o->data.length / 4);
	HOLDS(stack.failed == (o->data.length % 4 != 0));

	struct extension_object interface = *o;
	interface.class_num = EXTENSION_INTERFACE;
	if (interface_parse(&interface, &info)) {
		HOLDS(info.role < 4 && info.name.length <= 63);
		HOLDS(info.has_index || info.index == 0);
		HOLDS(info.has_mtu || info.mtu == 0);
		HOLDS(fuzz_within(info.name, o->data.data, o->data.length));
		HOLDS(info.name.length == 0 || info.name.data[info.name.length - 1] != 0);
		fuzz_touch(info.name);
	}
}

static void check_structure(const uint8_t *bytes, size_t size)
{
	struct cursor objects;
	struct extension_object o;

	if (!extension_open((struct span){ bytes, size }, &objects))
		return;
	uint8_t *again = malloc(size);
	HOLDS(again != NULL);
	struct writer w = writer_of(again, size);
	size_t at = extension_begin(&w);
	while (extension_next(&objects, &o)) {
		fuzz_touch(o.data);
		HOLDS(fuzz_within(o.data, bytes, size));
		check_object(&o);
		extension_object_build(&w, o.class_num, o.c_type, o.data.data, o.data.length);
	}
	extension_seal(&w, at);
	HOLDS(!w.failed);
	size_t length = writer_length(&w);
	HOLDS(objects.failed || length == size);
	HOLDS(memcmp(again + 4, bytes + 4, length - 4) == 0);
	HOLDS(extension_open((struct span){ again, length }, &objects));
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	uint8_t *exact = sample_copy(data + 1, size - 1);

	if (data[0] & 1)
		fuzz_mend(exact, size - 1, 2);
	check_structure(exact, size - 1);
	free(exact);
	return 0;
}
