#include "io/transport.h"

#include <errno.h>
#include <sys/random.h>

#include "io/clock.h"
#include "io/errqueue.h"
#include "io/raw.h"
#include "io/source.h"

int transport_random(struct siphash_key *key, uint16_t *id_base)
{
	struct {
		struct siphash_key key;
		uint16_t id;
	} drawn;
	ssize_t n;
	do {
		n = getrandom(&drawn, sizeof(drawn), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(drawn))
		return -EIO;
	*key = drawn.key;
	*id_base = drawn.id;
	return 0;
}

static bool is_permission(int error)
{
	return error == -EPERM || error == -EACCES;
}

int transport_open(const struct transport_config *config, struct net **net,
                   struct transport_info *info)
{
	*info = (struct transport_info){ .mode = TRANSPORT_RAW };
	if (config->mode != TRANSPORT_DGRAM) {
		int error = raw_open(config, net, info);
		if (!error || config->mode == TRANSPORT_RAW || !is_permission(error)) {
			info->raw_error = error ? info->error : 0;
			return error;
		}
		*info = (struct transport_info){ .raw_error = -error };
	}
	info->mode = TRANSPORT_DGRAM;
	return errqueue_open(config, net, info);
}

int transport_source(const struct addr *dst, const char *interface, uint32_t mark,
                     struct addr *source)
{
	struct source_table table;
	*source = (struct addr){ 0 };
	int error = source_init(&table, interface ? interface : "", mark);
	if (error)
		return error;
	error = source_find(&table, dst, clock_now(), source);
	source_release(&table);
	return error;
}
