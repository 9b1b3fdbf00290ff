/*
 * fuzz_cursor - any sequence of reads and writes: no step leaves the bytes, a failure stays, what
 * was read and written again is the same.
 *
 * The first byte says how many of the others are steps; the rest is what they walk over.
 */
#include "base/addr.h"
#include "tests/fuzz/fuzz.h"

static struct span step(struct cursor *c, struct writer *w, uint8_t code)
{
	size_t n = code >> 3;
	struct span span = { 0 };

	switch (code & 7) {
	case 0: writer_u8(w, cursor_u8(c)); break;
	case 1: writer_u16(w, cursor_u16(c)); break;
	case 2: writer_u32(w, cursor_u32(c)); break;
	case 3: writer_u64(w, cursor_u64(c)); break;
	case 4:
		span = cursor_span(c, n * 3);
		writer_bytes(w, span.data, span.length);
		break;
	case 5:
		writer_zero(w, n <= cursor_left(c) ? n : 0);
		cursor_skip(c, n);
		break;
	case 6: {
		struct addr a = addr_read(c, n & 1 ? 4 : 6);
		addr_write(w, &a);
		break;
	}
	default:
		if (n != 31)
			break;
		span = cursor_rest(c);
		writer_bytes(w, span.data, span.length);
		break;
	}
	return span;
}

/* Steps that hand on zeros instead of what was there. */
static bool skips(uint8_t code)
{
	return (code & 7) == 5;
}

static void walk(const uint8_t *steps, size_t count, const uint8_t *bytes, size_t size,
                 size_t capacity)
{
	uint8_t *out = malloc(capacity ? capacity : 1);
	HOLDS(out != NULL);
	struct cursor c = cursor_of(bytes, size);
	struct writer w = writer_of(out, capacity);
	bool read_failed = false;
	bool write_failed = false;
	bool same = true;

	for (size_t i = 0; i < count; i++) {
		size_t before = cursor_left(&c);
		struct span span = step(&c, &w, steps[i]);
		fuzz_touch(span);
		HOLDS(fuzz_within(span, bytes, size));
		HOLDS(cursor_left(&c) <= before);
		HOLDS(writer_length(&w) <= capacity);
		HOLDS(c.failed || !read_failed);
		HOLDS(w.failed || !write_failed);
		read_failed = c.failed;
		write_failed = w.failed;
		same = same && !skips(steps[i]) && !c.failed && !w.failed;
		if (same) {
			HOLDS(writer_length(&w) == size - cursor_left(&c));
			HOLDS(writer_length(&w) == 0 || memcmp(out, bytes, writer_length(&w)) == 0);
		}
	}
	if (c.failed) {
		HOLDS(cursor_left(&c) == 0);
		HOLDS(cursor_u64(&c) == 0);
	}
	size_t length = writer_length(&w);
	writer_patch_u16(&w, size % 7, 0x1234);
	HOLDS(w.failed || (out[size % 7] == 0x12 && out[size % 7 + 1] == 0x34));
	HOLDS(writer_length(&w) == length);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	size_t count = data[0] < size - 1 ? data[0] : size - 1;
	size_t left = size - 1 - count;
	uint8_t *exact = sample_copy(data + 1 + count, left);

	walk(data + 1, count, exact, left, left);
	walk(data + 1, count, exact, left, left / 2);
	free(exact);
	return 0;
}
