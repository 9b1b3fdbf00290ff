/*
 * surroundings - what a renderer may ask about the world (struct render_world): the terminal, names
 * of addresses, names of interfaces. What is not known by now is not waited for.
 */
#ifndef SONDE_CLI_SURROUNDINGS_H
#define SONDE_CLI_SURROUNDINGS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "cli/recording.h"
#include "io/resolve.h"
#include "render/render.h"

#define SURROUNDINGS_ZONES 32 /* interfaces remembered; of more, the index is shown */

struct surroundings {
	struct render_world world;   /* for the renderer; world.ctx is the surroundings */
	struct resolver *resolver;   /* NULL: no names of addresses */
	struct recording *recording; /* learns what the renderer is told; may be NULL */
	bool names;                  /* whether they are wanted */
	uint32_t zone_count;
	struct {
		uint32_t scope;
		char name[IF_NAMESIZE]; /* empty where there is none */
	} zones[SURROUNDINGS_ZONES];
};

/* Looks at standard output and the locale. The struct must stay where it is. */
void surroundings_init(struct surroundings *s);
/* The wall clock as it is now: before what is rendered next. */
void surroundings_refresh(struct surroundings *s);

#endif
