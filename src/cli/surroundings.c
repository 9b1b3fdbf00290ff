#include "cli/surroundings.h"

#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "io/clock.h"

static const char *name_of(void *ctx, const struct addr *addr)
{
	struct surroundings *s = ctx;
	const char *name = NULL;
	if (!s->names || !s->resolver || !resolver_name(s->resolver, addr, &name))
		name = NULL;
	recording_name(s->recording, addr, name);
	return name;
}

/* if_indextoname opens a local socket, which the sandbox does not grant. */
static bool ask_zone(uint32_t scope, char name[static IF_NAMESIZE])
{
	struct ifreq request = { .ifr_ifindex = (int)scope };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool known = ioctl(fd, SIOCGIFNAME, &request) == 0;
	close(fd);
	if (known)
		memcpy(name, request.ifr_name, IF_NAMESIZE);
	return known;
}

static const char *zone_of(void *ctx, uint32_t scope)
{
	struct surroundings *s = ctx;
	uint32_t i = 0;
	while (i < s->zone_count && s->zones[i].scope != scope)
		i++;
	if (i == SURROUNDINGS_ZONES)
		return NULL;
	if (i == s->zone_count) {
		s->zone_count++;
		s->zones[i].scope = scope;
		if (!ask_zone(scope, s->zones[i].name))
			s->zones[i].name[0] = '\0';
	}
	const char *name = s->zones[i].name[0] ? s->zones[i].name : NULL;
	recording_zone(s->recording, scope, name);
	return name;
}

void surroundings_init(struct surroundings *s)
{
	struct winsize size = { 0 };
	*s = (struct surroundings){
		.world = {
			.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
			.terminal = isatty(STDOUT_FILENO),
			.columns = 80,
			.name = name_of,
			.zone = zone_of,
			.ctx = s,
		},
	};
	if (s->world.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		s->world.columns = size.ws_col;
	surroundings_refresh(s);
}

void surroundings_refresh(struct surroundings *s)
{
	s->world.wall_offset = clock_wall_offset();
	recording_wall(s->recording, s->world.wall_offset);
}
