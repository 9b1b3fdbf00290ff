/*
 * ping_status - the running line of SIGQUIT: for standard error, whatever the form of the output.
 */
#ifndef SONDE_RENDER_PING_STATUS_H
#define SONDE_RENDER_PING_STATUS_H

#include <stdbool.h>
#include "base/buffer.h"
#include "render/render.h"

/*
 * "\r2911/2911 packets, 0% loss, min/avg/ewma/max = 0.022/0.040/0.051/1.099 ms\n"; with several
 * targets the address stands before it. The carriage return puts it over what a flood has drawn.
 */
void ping_status_line(struct buffer *err, const struct render_world *world,
                      const struct report *report, bool several);

#endif
