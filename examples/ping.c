/* ping - asks each address given for an answer a second, five times, from a loop of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sonde/sonde.h>

static void on_event(void *context_user, const struct sonde_event *event)
{
	const char *name = event->user;
	unsigned long long seq = event->seq;

	(void)context_user;
	switch (event->kind) {
	case SONDE_REPLY:
		printf("%s seq %llu: %.3f ms\n", name, seq, (double)event->rtt_ns / 1e6);
		break;
	case SONDE_LOST: printf("%s seq %llu: lost\n", name, seq); break;
	case SONDE_ICMP_ERROR:
		printf("%s seq %llu: ICMP %d/%d\n", name, seq, event->icmp_type, event->icmp_code);
		break;
	case SONDE_SEND_ERROR:
		printf("%s seq %llu: %s\n", name, seq, strerror(event->error));
		break;
	default: break;
	}
}

int main(int argc, char **argv)
{
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.count = 5;

	struct sonde *sonde;
	int error = sonde_new(&config, on_event, NULL, &sonde);
	if (error) {
		fprintf(stderr, "ping: %s\n", strerror(-error));
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (sonde_add(sonde, argv[i], argv[i]) < 0)
			fprintf(stderr, "ping: no address: %s\n", argv[i]);

	int fds[16];
	int count = sonde_fds(sonde, fds, 16);
	struct pollfd polled[16];
	for (int i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	while (sonde_process(sonde) > 0)
		if (poll(polled, (nfds_t)count, sonde_timeout(sonde)) < 0 && errno != EINTR)
			break;
	sonde_free(sonde);
	return 0;
}
