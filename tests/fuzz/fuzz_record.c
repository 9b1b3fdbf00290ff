/*
 * fuzz_record - records from strangers: what parses prints to what parses to the same, anonymous or
 * not, and a ping that is handed it keeps its books straight.
 */
#include <string.h>
#include "algo/anonymise.h"
#include "algo/ping.h"
#include "algo/record.h"
#include "algo/replay.h"
#include "tests/fuzz/fuzz.h"

#define LINES   2000
#define TARGETS 2

static void print_again(const struct record_event *event)
{
	struct buffer first, second;
	struct record_event back;
	const char *fault;
	buffer_init(&first, 1 << 20);
	buffer_init(&second, 1 << 20);
	record_print(event, &first);
	HOLDS(!first.failed && first.data[first.length - 1] == '\n');
	first.data[--first.length] = '\0';
	char *line = (char *)sample_copy(first.data, first.length + 1);
	HOLDS(record_parse(line, first.length, &back, &fault));
	record_print(&back, &second);
	second.data[--second.length] = '\0';
	HOLDS(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
	free(line);
	buffer_release(&first);
	buffer_release(&second);
}

static void print_anonymous(struct anonymise *a, const struct record_event *event)
{
	struct record_event changed = *event;
	anonymise_event(a, &changed);
	if (event->kind == RECORD_REPLY) {
		HOLDS(changed.reply.payload.length == event->reply.payload.length);
		HOLDS(changed.reply.options.length == event->reply.options.length);
		HOLDS(changed.reply.extensions.length == event->reply.extensions.length);
	}
	print_again(&changed);
}

static void look(void *ctx, const struct report *report)
{
	(void)ctx;
	if (!report->reply)
		return;
	fuzz_touch(report->reply->payload);
	fuzz_touch(report->reply->options);
	fuzz_touch(report->reply->extensions);
}

static struct ping *new_ping(void)
{
	const struct ping_config config = { .count = 3, .interval = NSEC_S, .size = 56, .ttl = 64 };
	struct ping *ping = ping_new(&config, 0);
	HOLDS(ping);
	for (uint32_t i = 0; i < TARGETS; i++) {
		struct report_target target = { .addr = addr_v4(0xc6120000 + i) };
		HOLDS(ping_add(ping, &target, 0) == (int)i);
	}
	ping_seal(ping);
	return ping;
}

static void check(struct ping *ping, nsec now)
{
	for (uint32_t i = 0; i < TARGETS; i++) {
		const struct report_ping_totals *t = ping_totals(ping, i, now);
		HOLDS(t->sent == t->received + t->lost + t->in_flight + t->errors);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *lines[LINES];
	static struct replay replay;
	static struct anonymise anonymise;
	struct ping *ping = new_ping();
	size_t count = 0;
	anonymise_init(&anonymise, (struct siphash_key){ 1, 2 });
	replay_init(&replay, ping_algo(ping), 0, look, NULL);
	while (size > 0 && count < LINES) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;
		struct record_event event;
		const char *fault;
		char *line = malloc(length + 1);
		HOLDS(line);
		memcpy(line, data, length);
		line[length] = '\0';
		lines[count++] = line;
		if (record_parse(line, length, &event, &fault)) {
			print_again(&event);
			print_anonymous(&anonymise, &event);
			if (event.kind != RECORD_NOTE)
				(void)replay_event(&replay, &event, &fault);
			check(ping, replay.now);
		}
		data += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
	ping_algo(ping)->ops->free(ping_algo(ping));
	anonymise_release(&anonymise);
	while (count > 0)
		free(lines[--count]);
	return 0;
}
