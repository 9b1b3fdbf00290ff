/*
 * json_options - the IPv4 options a reply brought, as members of its object: route, timestamps,
 * unrecorded_hops. Absent where there is no such option; what is malformed is left out.
 */
#ifndef SONDE_RENDER_JSON_OPTIONS_H
#define SONDE_RENDER_JSON_OPTIONS_H

#include "base/cursor.h"
#include "render/jsonl.h"

void json_options(struct jsonl *j, struct span options);

#endif
