/*
 * render - reports in, characters out.
 *
 * A renderer is pure: it appends to buffers and never touches a descriptor, so that a test compares
 * strings and cli/ decides when to flush and what a failed write means. Names from the network go
 * through escape before they get here or are escaped here (render/escape.h).
 */
#ifndef SONDE_RENDER_RENDER_H
#define SONDE_RENDER_RENDER_H

#include <stdbool.h>
#include "algo/report.h"
#include "base/buffer.h"
#include "base/time.h"

/* What a renderer may want to know about the world, asked of cli/. */
struct render_world {
	nsec wall_offset; /* wall clock (ns since the epoch) minus monotonic; kept up to date by
	                     cli/ */
	bool utf8;
	bool terminal; /* stdout is one */
	int columns;
	/* Name of an address, or NULL where it is not known (yet) or not wanted. Never blocks. */
	const char *(*name)(void *ctx, const struct addr *addr);
	/* Interface name of a scope, or NULL. */
	const char *(*zone)(void *ctx, uint32_t scope);
	void *ctx;
};

struct renderer;

struct renderer_ops {
	const char *name; /* "text", "json" */
	void (*report)(struct renderer *r, const struct report *report);
	/* After the last report. */
	void (*finish)(struct renderer *r);
	void (*free)(struct renderer *r);
};

/* The first member of every renderer. */
struct renderer {
	const struct renderer_ops *ops;
	const struct render_world *world;
	struct buffer *out; /* to standard output */
	struct buffer *err; /* to standard error */
};

#endif
