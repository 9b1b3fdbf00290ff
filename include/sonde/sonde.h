/*
 * libsonde - ping any number of hosts from within a program's own event loop.
 *
 *	sonde_new      opens the sockets; needs CAP_NET_RAW or net.ipv4.ping_group_range
 *	sonde_add      a target; its first probe goes with the next sonde_process
 *	sonde_fds      the descriptors to wait on, together with
 *	sonde_deadline until when at most
 *	sonde_process  sends what is due, takes what came, calls back; then wait again
 *
 * There are no threads, no signals, no globals, no output, and no name look-ups: nothing blocks.
 * A context belongs to one thread at a time; any number of contexts live side by side. Round-trip
 * times are measured by kernel stamps where the kernel gives them, and a reply counts only if a
 * keyed cookie, its sequence and its source say that it is one's own.
 *
 * Functions return 0 or a count, or a negative errno. Times are nanoseconds of CLOCK_MONOTONIC.
 * Structs begin with their size, which their init function writes: a program built against an older
 * libsonde runs with a newer one.
 */
#ifndef SONDE_SONDE_H
#define SONDE_SONDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_API   __attribute__((visibility("default")))
#define SONDE_NEVER INT64_MAX

struct sonde; /* a context */

enum sonde_flag {
	SONDE_RAW = 1 << 0,   /* raw sockets or none */
	SONDE_DGRAM = 1 << 1, /* ping sockets or none; neither: raw where permitted, else ping */
	SONDE_IPV4 = 1 << 2,  /* IPv4 only ... */
	SONDE_IPV6 = 1 << 3,  /* IPv6 only; both or neither: what this host has */
	SONDE_DONT_FRAGMENT = 1 << 4,
	SONDE_ADAPTIVE = 1 << 5, /* the interval follows the round-trip time */
};

struct sonde_config {
	size_t size;
	uint32_t flags;      /* enum sonde_flag */
	uint32_t data_size;  /* bytes behind the ICMP header of each probe; 56 */
	uint64_t count;      /* probes of each target; 0, the default, for no end */
	int64_t interval_ns; /* between two probes of a target; 1 s. 0: as fast as answers come */
	/*
	 * Least time between the first probes of two targets; 0. Below a millisecond it is kept on
	 * the average, and targets start in groups: some thousands want 100000 or so.
	 */
	int64_t gap_ns;
	/*
	 * How long an answer is waited for. SONDE_NEVER for ever; 0, the default, for 10 s, or less
	 * once all of a target's probes are sent and something was heard of it.
	 */
	int64_t timeout_ns;
	const char *source4, *source6; /* addresses to send from; NULL: the kernel's choice */
	const char *interface;         /* to send and receive by; NULL: by the routes */
	uint32_t mark;                 /* SO_MARK; 0 for none */
	uint8_t ttl;                   /* hop limit; 64 */
	uint8_t tos;                   /* DSCP and ECN; 0 */
};

enum sonde_event_kind {
	SONDE_REPLY,       /* the answer to a probe */
	SONDE_LATE,        /* an answer after its timeout: the probe stays lost */
	SONDE_DUPLICATE,   /* one more answer, or an answer behind an ICMP error */
	SONDE_CORRUPT,     /* bad checksum or other data than was sent; the probe waits on */
	SONDE_TRUNCATED,   /* less than was sent; the probe waits on */
	SONDE_FOREIGN,     /* from another address, or for no probe of ours; target may be -1 */
	SONDE_LOST,        /* no answer within the timeout */
	SONDE_ICMP_ERROR,  /* an ICMP error instead of an answer */
	SONDE_ICMP_NOTICE, /* an ICMP message about a probe that may be answered yet, or has been */
	SONDE_SEND_ERROR,  /* this host refused to send: no loss of the path */
	SONDE_LOCAL_DROPS, /* this host dropped messages that came: no loss of the path */
	SONDE_SOCKET_ERROR, /* an errno of a socket that belongs to no probe */
	SONDE_FINISHED,     /* count probes of the target are sent and settled */
};

/* Fields a kind has nothing to say of are -1, NULL, AF_UNSPEC, or 0 where they count. */
struct sonde_event {
	size_t size;
	enum sonde_event_kind kind;
	int target;      /* as sonde_add returned it */
	void *user;      /* as it was given to sonde_add */
	uint64_t seq;    /* counts from 1 and does not wrap */
	int64_t time_ns; /* when it happened, not when it was read */
	int64_t rtt_ns;
	struct sockaddr_storage from;
	uint32_t bytes; /* ICMP header and data */
	int ttl;        /* as it arrived */
	int icmp_type, icmp_code;
	uint32_t mtu; /* of the next hop, as "too big" says, or of this host, for EMSGSIZE; or 0 */
	int error;    /* errno of SONDE_SEND_ERROR and SONDE_SOCKET_ERROR; 0 */
	uint64_t drops; /* SONDE_LOCAL_DROPS: since the last */
};

/* sent = received + lost + in_flight + errors, at every moment; refused probes are not in sent. */
struct sonde_totals {
	size_t size;
	uint64_t sent, received, lost, in_flight, errors;
	uint64_t duplicates, late, corrupt, truncated, foreign, send_errors;
	uint64_t local_drops;                      /* of the whole context */
	int64_t min_ns, avg_ns, max_ns, stddev_ns; /* of the RTT; -1 where none is known */
	int64_t jitter_ns;                         /* RFC 3550, 6.4.1; -1 below two answers */
};

/*
 * Called by sonde_process alone. It may call any function of its context but sonde_process and
 * sonde_free. The event lives until it returns.
 */
typedef void (*sonde_callback)(void *context_user, const struct sonde_event *event);

/* "1.2.3" */
SONDE_API const char *sonde_version(void);

/* Fills a config with its defaults: sonde_config_init(&config, sizeof config). */
SONDE_API void sonde_config_init(struct sonde_config *config, size_t size);

/*
 * Opens a context; config NULL for the defaults. 0 and *out, or -EINVAL (a value out of range),
 * -E2BIG (the config asks for what this version does not know), -EPERM or -EACCES (neither raw nor
 * ping sockets are permitted), -ENOMEM, or what else the sockets said.
 */
SONDE_API int sonde_new(const struct sonde_config *config, sonde_callback callback,
                        void *context_user, struct sonde **out);
/* Closes it; nothing is called back. NULL is nothing. */
SONDE_API void sonde_free(struct sonde *s);

/* 1 where it has raw sockets, 0 where it has ping sockets. */
SONDE_API int sonde_is_raw(const struct sonde *s);

/*
 * Adds a target by a literal address ("198.51.100.1", "2001:db8::1", "fe80::1%eth0") or by a
 * sockaddr_in or sockaddr_in6, whose port is ignored. Returns its number, 0 or above, which is free
 * to be used again once the target was removed; -EINVAL for no such address, -EAFNOSUPPORT for a
 * family the context has no socket for, -ENODEV for no such interface, -ENOMEM.
 */
SONDE_API int sonde_add(struct sonde *s, const char *address, void *user);
SONDE_API int sonde_add_sockaddr(struct sonde *s, const struct sockaddr *address, socklen_t length,
                                 void *user);
/* Forgets a target, finished or not; nothing more is called back for it. 0 or -ENOENT. */
SONDE_API int sonde_remove(struct sonde *s, int target);

/*
 * Writes at most capacity descriptors, to be polled for POLLIN, and returns how many there are.
 * They stay the same as long as the context lives.
 */
SONDE_API int sonde_fds(const struct sonde *s, int *fds, int capacity);

/* When sonde_process must be called next even if no descriptor is ready; SONDE_NEVER. */
SONDE_API int64_t sonde_deadline(const struct sonde *s);
/* The same as a timeout of poll(2): milliseconds from now, rounded up; -1 for never. */
SONDE_API int sonde_timeout(const struct sonde *s);

/* Does all that can be done now. How many targets are not finished, or -EBUSY within a callback. */
SONDE_API int sonde_process(struct sonde *s);

/* The figures of a target now: sonde_totals(s, target, &totals, sizeof totals). 0 or -ENOENT. */
SONDE_API int sonde_totals(struct sonde *s, int target, struct sonde_totals *totals, size_t size);

#ifdef __cplusplus
}
#endif

#endif
