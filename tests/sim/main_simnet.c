/*
 * simnet - runs a command in a simulated internet, in real time.
 *
 * The model stands behind an interface of a network namespace made for the command (tests/simnet).
 * tests/topo/README.md says how topologies are written.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "io/clock.h"
#include "io/loop.h"
#include "tests/simnet/lab.h"
#include "tests/simnet/line.h"
#include "tests/simnet/pcap.h"
#include "tests/simnet/pump.h"
#include "tests/simnet/ward.h"

#define TEXT_MAX    (16u << 20)
#define MTU_DEFAULT 1500u
#define MTU_MIN_IP6 1280u
#define SERVERS_MAX 3 /* as many as resolvers read */

static const char usage[] =
        "usage: simnet [OPTION...] FILE.topo [--] COMMAND [ARGUMENT...]\n"
        "       simnet [OPTION...] FILE.topo --shell\n"
        "Runs COMMAND where FILE.topo is the whole internet, and exits with its status.\n"
        "\n"
        "  --pcap FILE  write what crosses the interface to FILE, for tcpdump and wireshark\n"
        "  --seed N     seed of the model's chances (1)\n"
        "  --shell      run $SHELL\n"
        "  --stats      say on standard error, at the end, what crossed and how late it was\n"
        "  --no-tun     use a veth pair even where there is a TUN device\n"
        "  -h, --help   this\n";

struct simnet {
	const char *topo_file;
	const char *pcap_file;
	char *const *command;
	char *shell[2];
	uint64_t seed;
	bool stats, no_tun;
	sigset_t mask; /* as it was when we were started */
	struct topo topo;
	struct pcap pcap;
	struct ward ward;
	struct line line;
	struct pump pump;
	struct loop *loop;
	int signals;
	bool over;
	int status;
};

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fputs("simnet: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	return WARD_OWN;
}

/* --- the command line ------------------------------------------------------------------------- */

enum {
	OPTION_PCAP = 256,
	OPTION_SEED,
	OPTION_SHELL,
	OPTION_STATS,
	OPTION_NO_TUN,
};

static const struct option options[] = {
	{ "pcap", required_argument, NULL, OPTION_PCAP },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "shell", no_argument, NULL, OPTION_SHELL },
	{ "stats", no_argument, NULL, OPTION_STATS },
	{ "no-tun", no_argument, NULL, OPTION_NO_TUN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool read_seed(const char *text, uint64_t *seed)
{
	char *end;
	errno = 0;
	*seed = strtoull(text, &end, 0);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

static int take_option(struct simnet *s, int option)
{
	static char plain_shell[] = "/bin/sh";
	switch (option) {
	case OPTION_PCAP: s->pcap_file = optarg; return 0;
	case OPTION_SEED: return read_seed(optarg, &s->seed) ? 0 : complain("no seed: %s", optarg);
	case OPTION_SHELL:
		s->shell[0] = getenv("SHELL");
		if (!s->shell[0] || !*s->shell[0])
			s->shell[0] = plain_shell;
		s->command = s->shell;
		return 0;
	case OPTION_STATS: s->stats = true; return 0;
	case OPTION_NO_TUN: s->no_tun = true; return 0;
	case 'h': return -1;
	default: return WARD_OWN;
	}
}

/* Options end where the command begins: at the second word that is none, or behind "--". */
static int take_arguments(struct simnet *s, int argc, char **argv)
{
	int option = 0, error = 0;
	while (!error && (option = getopt_long(argc, argv, "-h", options, NULL)) != -1) {
		if (option == 1 && s->topo_file) {
			optind--;
			break;
		}
		if (option == 1)
			s->topo_file = optarg;
		else
			error = take_option(s, option);
	}
	if (!s->topo_file && optind < argc)
		s->topo_file = argv[optind++];
	if (error || !s->topo_file || (optind < argc) == (s->command != NULL))
		return error ? error
		             : complain("a topology and a command are wanted; --help tells more");
	if (!s->command)
		s->command = argv + optind;
	return 0;
}

/* --- the topology ----------------------------------------------------------------------------- */

/* Any kind of file: a pipe too. 0 or -errno. */
static int read_all(const char *path, struct buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	char part[4096];
	ssize_t n = read(fd, part, sizeof part);
	for (; n > 0 || (n < 0 && errno == EINTR); n = read(fd, part, sizeof part))
		if (n > 0)
			buffer_append(text, part, (size_t)n);
	int error = n < 0 ? -errno : text->failed ? -EFBIG : 0;
	close(fd);
	return error;
}

static int load(struct simnet *s)
{
	struct buffer text;
	struct topo_error wrong;
	buffer_init(&text, TEXT_MAX);
	int error = read_all(s->topo_file, &text);
	if (error)
		error = complain("%s: %s", s->topo_file, strerror(-error));
	else if (!topo_parse(&s->topo, text.data ? text.data : "", text.length, &wrong))
		error = complain("%s:%" PRIu32 ":%" PRIu32 ": %s", s->topo_file, wrong.line,
		                 wrong.column, wrong.text);
	buffer_release(&text);
	return error;
}

/* The narrowest of the source's own links: what a host on it would have configured. */
static uint32_t first_mtu(const struct topo *topo)
{
	uint32_t least = 0;
	for (uint32_t i = 0; i < topo->link_count; i++) {
		const struct topo_link *link = &topo->links[i];
		if (link->from != 0)
			continue;
		uint32_t mtu = (link->out.mtu ? link->out.mtu : MTU_DEFAULT) - link->out.overhead;
		if (!least || mtu < least)
			least = mtu;
	}
	return least ? least : MTU_DEFAULT;
}

/* What goes into resolv.conf: nothing where the topology has no name server. */
static void name_servers(const struct topo *topo, struct buffer *out)
{
	int count = 0;
	for (uint32_t i = 0; i < topo->node_count; i++) {
		const struct topo_node *node = &topo->nodes[i];
		for (uint8_t k = 0; node->resolver && k < node->addr_count; k++) {
			char text[ADDR_TEXT_SIZE];
			if (count++ < SERVERS_MAX)
				buffer_printf(out, "nameserver %s\n",
				              addr_format(&node->addrs[k], text));
		}
	}
}

/* --- the lab ---------------------------------------------------------------------------------- */

static int open_pcap(struct simnet *s)
{
	s->pcap = (struct pcap){ .fd = -1 };
	if (!s->pcap_file)
		return 0;
	int fd = open(s->pcap_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return complain("%s: %s", s->pcap_file, strerror(errno));
	return pcap_init(&s->pcap, fd) ? complain("no memory") : 0;
}

static int enter(struct simnet *s)
{
	const char *what;
	struct buffer servers;
	buffer_init(&servers, SERVERS_MAX * (ADDR_TEXT_SIZE + 16));
	name_servers(&s->topo, &servers);
	int error = lab_enter(&what);
	if (!error)
		error = lab_names(servers.data ? servers.data : "", &what);
	buffer_release(&servers);
	if (error)
		return complain("%s: %s", what, strerror(-error));
	lab_ping_sockets();
	return 0;
}

static int connect_line(struct simnet *s)
{
	const struct topo_node *source = &s->topo.nodes[0];
	struct line_config config = { .addrs = source->addrs,
		                      .addr_count = source->addr_count,
		                      .mtu = first_mtu(&s->topo),
		                      .no_tun = s->no_tun };
	for (uint8_t i = 0; i < source->addr_count; i++)
		if (source->addrs[i].family == 6 && config.mtu < MTU_MIN_IP6)
			return complain("%s: the source has an IPv6 address and a first link with "
			                "MTU %" PRIu32 ", below %u",
			                s->topo_file, config.mtu, MTU_MIN_IP6);
	int error = line_open(&s->line, &config);
	return error ? complain("%s: %s", s->line.what, strerror(-error)) : 0;
}

/* --- the run ---------------------------------------------------------------------------------- */

static void on_line(void *ctx, uint32_t events)
{
	struct simnet *s = ctx;
	(void)events; /* the pump reads whether or not something is there */
	if (s->line.gone)
		loop_unwatch(s->loop, s->line.fd);
}

static void on_signal(void *ctx, uint32_t events)
{
	struct simnet *s = ctx;
	struct signalfd_siginfo info;
	int status;
	(void)events;
	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGCHLD) {
			s->over = waitpid(s->ward.pid, &status, WNOHANG) == s->ward.pid;
			if (s->over)
				s->status = ward_status(status);
		} else if (info.ssi_code <= 0) {
			/* What the terminal sends has reached the command already. */
			ward_signal(&s->ward, (int)info.ssi_signo);
		}
		if (s->over)
			return;
	}
}

/* Before anything is started: the command gets the mask that we had. */
static int block_signals(struct simnet *s)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD };
	/* Who ignores the deaths of children does not learn what they died of. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, NULL, &s->mask);
	s->signals = loop_signals(caught, (int)(sizeof caught / sizeof caught[0]));
	return s->signals < 0 ? complain("signalfd: %s", strerror(-s->signals)) : 0;
}

static int prepare_loop(struct simnet *s)
{
	int error = loop_new(LOOP_PPOLL, &s->loop);
	if (!error)
		error = loop_watch(s->loop, s->signals, LOOP_READ, on_signal, s);
	if (!error)
		error = loop_watch(s->loop, s->line.fd, LOOP_READ, on_line, s);
	return error ? complain("loop: %s", strerror(-error)) : 0;
}

static int run(struct simnet *s)
{
	struct sim *sim = sim_new(&s->topo, s->seed, clock_now());
	if (!sim)
		return complain("no memory");
	pump_init(&s->pump, sim, &s->line, &s->pcap);
	int error = ward_open(&s->ward);
	/* A capture may go to a pipe that nobody reads any more: that is a failed write. */
	(void)signal(SIGPIPE, SIG_IGN);
	while (!error && !s->over) {
		nsec next = pump_run(&s->pump);
		error = loop_wait(s->loop, next);
		error = error < 0 ? error : 0;
	}
	(void)pump_run(&s->pump); /* the last words of the command */
	sim_free(sim);
	return error ? complain("%s", strerror(-error)) : s->status;
}

static void tell(struct simnet *s)
{
	const struct pump *p = &s->pump;
	struct rusage used = { 0 };
	(void)getrusage(RUSAGE_SELF, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
	             (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	uint64_t all = p->out + p->in;
	(void)fprintf(stderr,
	              "simnet: %" PRIu64 " out, %" PRIu64 " in; lost here: %" PRIu64
	              " out, %" PRIu64 " in\n",
	              p->out, p->in, line_dropped(&s->line), p->refused);
	if (p->late.count)
		(void)fprintf(stderr,
		              "simnet: late by %.1f us (median), %.1f us (99 %%), %.1f us at most; "
		              "%.2f us of processor time for each\n",
		              (double)histogram_percentile(&p->late_histogram, 0.5) / 1e3,
		              (double)histogram_percentile(&p->late_histogram, 0.99) / 1e3,
		              (double)p->late.max / 1e3, cpu / (double)all);
}

/*
 * Where it is permitted, the model's time goes before that of whatever else runs on this machine:
 * else a busy processor would be delay of the path.
 */
static void hurry(void)
{
	struct sched_param first = { .sched_priority = 1 };
	(void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

/* With a ward that waits: it goes when its gate does, which is when this process ends. */
static int with_ward(struct simnet *s)
{
	int status = connect_line(s);
	if (status)
		return status;
	status = prepare_loop(s);
	hurry();
	if (!status)
		status = run(s);
	if (s->stats && s->over)
		tell(s);
	pump_release(&s->pump);
	loop_free(s->loop);
	line_close(&s->line);
	return status;
}

static int simnet(struct simnet *s)
{
	int error = load(s);
	if (!error)
		error = block_signals(s);
	if (!error)
		error = open_pcap(s);
	if (!error)
		error = enter(s);
	if (error)
		return error;
	error = ward_start(&s->ward, "simnet", s->command, &s->mask);
	return error ? complain("fork: %s", strerror(-error)) : with_ward(s);
}

int main(int argc, char **argv)
{
	struct simnet s = { .seed = 1, .pcap = { .fd = -1 } };
	int error = take_arguments(&s, argc, argv);
	if (error < 0) {
		(void)fputs(usage, stdout);
		return 0;
	}
	topo_init(&s.topo);
	int status = error ? error : simnet(&s);
	int unwritten = pcap_close(&s.pcap);
	if (unwritten) {
		(void)complain("%s: %s", s.pcap_file, strerror(-unwritten));
		status = status ? status : WARD_OWN;
	}
	topo_release(&s.topo);
	return status;
}
