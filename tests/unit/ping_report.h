/*
 * ping_report - reports as a ping would make them, for the tests of its renderers.
 *
 * The stage is one target, 198.51.100.7, pinged from 198.51.100.1 with 56 bytes of data; the wall
 * clock is 1795517747.985412 (2026-11-24T10:55:47Z) at monotonic 1 s. Tests change what they are
 * about.
 */
#ifndef SONDE_TESTS_PING_REPORT_H
#define SONDE_TESTS_PING_REPORT_H

#include <string.h>
#include "algo/report.h"
#include "base/addr.h"
#include "base/buffer.h"
#include "base/stats.h"
#include "render/render.h"

#define STAGE_TIME NSEC_S
#define STAGE_WALL INT64_C(1795517747985412000)

struct stage {
	struct buffer out, err;
	struct render_world world;
	struct report_target target;
	struct reply reply;
	struct report report;
	struct stats rtt;
	struct histogram histogram;
	struct report_ping_totals totals;
	const char *name; /* of every address */
	struct renderer *renderer;
};

static inline struct addr stage_addr(const char *text)
{
	struct addr addr = { 0 };
	assert_true(addr_parse(text, &addr));
	return addr;
}

static inline const char *stage_name(void *ctx, const struct addr *addr)
{
	(void)addr;
	return ((struct stage *)ctx)->name;
}

static inline const char *stage_zone(void *ctx, uint32_t scope)
{
	(void)ctx;
	return scope == 3 ? "eth0" : NULL;
}

static inline void stage_init(struct stage *s)
{
	*s = (struct stage){ 0 };
	buffer_init(&s->out, 1 << 20);
	buffer_init(&s->err, 1 << 20);
	s->world = (struct render_world){ .wall_offset = STAGE_WALL - STAGE_TIME,
		                          .utf8 = true,
		                          .columns = 80,
		                          .name = stage_name,
		                          .zone = stage_zone,
		                          .ctx = s };
	s->target = (struct report_target){ .name = "198.51.100.7", .data = 56, .header = 28 };
	s->target.addr = stage_addr("198.51.100.7");
	s->reply = (struct reply){ .kind = REPLY_ECHO,
		                   .ttl = 63,
		                   .tos = 0,
		                   .bytes = 64,
		                   .wrong_at = -1,
		                   .from = s->target.addr };
	s->reply.quoted = (struct quoted){
		.ttl = -1, .tos = -1, .length = -1, .id = -1, .checksum = -1, .df = -1, .mf = -1
	};
	s->totals.rtt = &s->rtt;
}

static inline void stage_release(struct stage *s)
{
	if (s->renderer)
		s->renderer->ops->free(s->renderer);
	histogram_release(&s->histogram);
	buffer_release(&s->out);
	buffer_release(&s->err);
}

/* Puts the whole of one report through the renderer; out and err hold what came of it alone. */
static inline const char *stage_play(struct stage *s, enum report_kind kind, uint64_t seq, nsec rtt)
{
	s->report.kind = kind;
	s->report.time = STAGE_TIME;
	s->report.target = &s->target;
	s->report.seq = seq;
	s->report.rtt = rtt;
	s->report.reply = &s->reply;
	s->report.totals = &s->totals;
	buffer_clear(&s->out);
	buffer_clear(&s->err);
	s->renderer->ops->report(s->renderer, &s->report);
	return s->out.data ? s->out.data : "";
}

/* RTTs into rtt and histogram. */
static inline void stage_samples(struct stage *s, const nsec *samples, size_t count)
{
	stats_init(&s->rtt);
	for (size_t i = 0; i < count; i++) {
		stats_add(&s->rtt, samples[i]);
		assert_int_equal(histogram_add(&s->histogram, samples[i]), 0);
	}
	s->totals.histogram = &s->histogram;
}

#endif
