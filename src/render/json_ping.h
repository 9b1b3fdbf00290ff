/*
 * json_ping - ping's reports as JSON Lines: one object a line, as sonde-json(5) documents.
 *
 * Nothing else reaches out. What is not known is null. The running line of SIGQUIT is no data: it
 * goes to err, as in the text form.
 */
#ifndef SONDE_RENDER_JSON_PING_H
#define SONDE_RENDER_JSON_PING_H

#include "base/buffer.h"
#include "base/time.h"
#include "render/render.h"

struct json_ping_options {
	const char *mode; /* "raw" or "dgram"; NULL where not known */
	nsec interval;    /* between two probes of a target */
};

/*
 * Options (and the strings in them), world and buffers must outlive the renderer; options are read
 * anew for each report. NULL where there is no memory.
 */
struct renderer *json_ping_new(const struct json_ping_options *options,
                               const struct render_world *world, struct buffer *out,
                               struct buffer *err);

#endif
