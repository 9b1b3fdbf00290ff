#include "tests/sim/topo_word.h"

#include <string.h>

#define IN(owner, field) \
	.offset = offsetof(struct owner, field), .size = sizeof(((const struct owner *)NULL)->field)

static const char *const balances[] = { [TOPO_BALANCE_FLOW] = "flow",
	                                [TOPO_BALANCE_FLOW_ID] = "flow-id",
	                                [TOPO_BALANCE_PACKET] = "packet",
	                                [TOPO_BALANCE_DESTINATION] = "destination",
	                                NULL };
static const char *const bigs[] = { [TOPO_BIG_HONEST] = "honest",
	                            [TOPO_BIG_ZERO] = "zero",
	                            [TOPO_BIG_SILENT] = "silent",
	                            [TOPO_BIG_CLEAR] = "clear",
	                            NULL };
static const char *const extensions[] = { [TOPO_EXTENSION_COMPLIANT] = "compliant",
	                                  [TOPO_EXTENSION_LENGTH_ZERO] = "length-zero",
	                                  [TOPO_EXTENSION_LENGTH_WRONG] = "length-wrong",
	                                  [TOPO_EXTENSION_CHECKSUM_ZERO] = "checksum-zero",
	                                  [TOPO_EXTENSION_CHECKSUM_WRONG] = "checksum-wrong",
	                                  [TOPO_EXTENSION_UNPADDED] = "unpadded",
	                                  NULL };
/* In the order of the bits of enum topo_garble. */
static const char *const garbles[] = { "tos", "ttl", "checksum", "id", "src", "dst", NULL };

/*
 * In the order of README, and of a printed line. Form and help are README's own words: a test holds
 * the two together.
 */
const struct topo_word topo_words[] = {
	/* Any node. */
	{ "silent", "", "sends no packet of its own, forwards", NULL, TOPO_AT_NODE,
	  IN(topo_node, silent), &topo_type_flag },
	{ "ttl", "N", "initial TTL of its own packets (64)", NULL, TOPO_AT_NODE,
	  IN(topo_node, initial_ttl), &topo_type_number, 1, 255 },
	{ "from", "ADDRESS", "answers come from there; one of each family, with a comma", NULL,
	  TOPO_AT_NODE, IN(topo_node, reply_from), &topo_type_addrs },
	{ "limit", "R/s burst N", "errors: a token bucket for the node", NULL, TOPO_AT_NODE,
	  IN(topo_node, error_limit), &topo_type_bucket },
	{ "limit-peer", "R/s burst N",
	  "errors: a bucket for each destination (Linux: `1/s burst 6`, IPv6 `10/s burst 6`)", NULL,
	  TOPO_AT_NODE, IN(topo_node, error_limit_peer), &topo_type_bucket },
	{ "limit-echo", "R/s burst N", "echo replies", NULL, TOPO_AT_NODE,
	  IN(topo_node, echo_limit), &topo_type_bucket },
	{ "quote", "N", "quotes at most N bytes (what fits into 576, IPv6 1280)", NULL,
	  TOPO_AT_NODE, IN(topo_node, quote), &topo_type_number, 8, 65535 },
	{ "mpls", "LABEL[/TC[/TTL]],...", "an MPLS stack in its errors (RFC 4950)", NULL,
	  TOPO_AT_NODE, IN(topo_node, mpls), &topo_type_labels },
	{ "interface", "", "interface information in its errors (RFC 5837)", NULL, TOPO_AT_NODE,
	  IN(topo_node, interface_info), &topo_type_flag },
	{ "extension", "FORM",
	  "how both are attached: `compliant` (RFC 4884), `length-zero`, `length-wrong`, "
	  "`checksum-zero`, `checksum-wrong`, `unpadded`",
	  NULL, TOPO_AT_NODE, IN(topo_node, extension), &topo_type_choice, .choices = extensions },
	{ "garble", "FIELD,...",
	  "its quotes have another `tos`, `ttl`, `checksum`, `id`, `src`, `dst`", NULL,
	  TOPO_AT_NODE, IN(topo_node, garble), &topo_type_set, .choices = garbles },
	{ "back-hops", "N", "the way back is N hops longer", NULL, TOPO_AT_NODE,
	  IN(topo_node, back_hops), &topo_type_number, 0, 255 },
	{ "back-delay", "T", "the way back takes so much longer", NULL, TOPO_AT_NODE,
	  IN(topo_node, back_delay), &topo_type_time },
	{ "mss", "N", "router: clamps the MSS of SYNs; host: offers it (1460, IPv6 1440)", NULL,
	  TOPO_AT_NODE, IN(topo_node, mss), &topo_type_number, 1, 65535 },
	/* Routers. */
	{ "hidden", "", "does not decrement the TTL", NULL, TOPO_AT_ROUTER, IN(topo_node, hidden),
	  &topo_type_flag },
	{ "zero-ttl", "", "forwards TTL 1 as 0", NULL, TOPO_AT_ROUTER, IN(topo_node, zero_ttl),
	  &topo_type_flag },
	{ "balance", "BY",
	  "how it spreads over its links: by `flow`, `flow-id` (the ICMP id too), `packet`, "
	  "`destination`",
	  NULL, TOPO_AT_ROUTER, IN(topo_node, balance), &topo_type_choice, .choices = balances },
	{ "ptb", "WHAT",
	  "what it says to packets that do not fit: `honest`, `zero`, an MTU, `silent`; or it may "
	  "`clear` DF and fragment",
	  NULL, TOPO_AT_ROUTER, IN(topo_node, big), &topo_type_big, 0, 65535, .choices = bigs },
	{ "limit-ptb", "R/s burst N", "too-big messages; they ask no other bucket", NULL,
	  TOPO_AT_ROUTER, IN(topo_node, big_limit), &topo_type_bucket },
	{ "tos", "N", "rewrites the TOS of what passes outwards", NULL, TOPO_AT_ROUTER,
	  IN(topo_node, tos), &topo_type_number, 0, 255 },
	{ "nat", "",
	  "rewrites source address and port of what passes, and back; quotes keep the checksum",
	  NULL, TOPO_AT_ROUTER, IN(topo_node, nat), &topo_type_flag },
	{ "unreachable", "N[/M]", "answers what it should forward with this code (IPv6: M)", NULL,
	  TOPO_AT_ROUTER, IN(topo_node, unreachable), &topo_type_codes },
	{ "redirect", "ADDRESS",
	  "sends a redirect to this gateway and forwards; one of each family", NULL, TOPO_AT_ROUTER,
	  IN(topo_node, redirect), &topo_type_addrs },
	{ "parameter-problem", "", "answers what it should forward with a parameter problem", NULL,
	  TOPO_AT_ROUTER, IN(topo_node, parameter_problem), &topo_type_flag },
	{ "fake", "", "answers as if it were the target", NULL, TOPO_AT_ROUTER,
	  IN(topo_node, fake_target), &topo_type_flag },
	{ "loop", "", "sends what it should forward back to the hop before", NULL, TOPO_AT_ROUTER,
	  IN(topo_node, loop), &topo_type_flag },
	/* Hosts. */
	{ "serves", "PREFIX", "answers for each address of it, always", NULL, TOPO_AT_HOST,
	  IN(topo_node, serves), &topo_type_prefix },
	{ "echo-silent", "", "answers no echo", NULL, TOPO_AT_NODE, IN(topo_node, echo_silent),
	  &topo_type_flag },
	{ "udp-silent", "", "no port unreachable", NULL, TOPO_AT_NODE, IN(topo_node, udp_silent),
	  &topo_type_flag },
	{ "udp", "PORT,...", "sends back what comes there (RFC 862)", NULL, TOPO_AT_HOST,
	  IN(topo_node, udp_open), &topo_type_ports },
	{ "tcp", "PORT,...", "open: accepts; the others reset", NULL, TOPO_AT_NODE,
	  IN(topo_node, tcp_open), &topo_type_ports },
	{ "tcp-silent", "", "the others do not even reset", NULL, TOPO_AT_NODE,
	  IN(topo_node, tcp_silent), &topo_type_flag },
	{ "tcp-closed", "PORT,...", "but these do", NULL, TOPO_AT_NODE, IN(topo_node, tcp_closed),
	  &topo_type_ports },
	{ "drop-fragments", "", "does not reassemble", NULL, TOPO_AT_NODE,
	  IN(topo_node, drop_fragments), &topo_type_flag },
	{ "corrupt", "P%", "an echo reply has a wrong byte", NULL, TOPO_AT_NODE,
	  IN(topo_node, corrupt), &topo_type_chance },
	{ "forge", "P%", "a forged echo reply comes beside the true one", NULL, TOPO_AT_NODE,
	  IN(topo_node, forge), &topo_type_chance },
	{ "timestamp", "", "answers timestamp queries (RFC 792)", NULL, TOPO_AT_NODE,
	  IN(topo_node, timestamp), &topo_type_flag },
	{ "mask", "", "answers address mask queries (RFC 950)", NULL, TOPO_AT_NODE,
	  IN(topo_node, address_mask), &topo_type_flag },
	{ "extended-echo", "", "answers extended echo (RFC 8335)", NULL, TOPO_AT_NODE,
	  IN(topo_node, extended_echo), &topo_type_flag },
	{ "dns", "", "a name server for the names of this topology, with and without `.test`", NULL,
	  TOPO_AT_HOST, IN(topo_node, resolver), &topo_type_flag },
	/* Links. */
	{ "delay", "T", "takes so long", NULL, TOPO_AT_WAY, IN(topo_way, delay), &topo_type_time },
	{ "jitter", "T", "and up to so much more", NULL, TOPO_AT_WAY, IN(topo_way, jitter),
	  &topo_type_time },
	{ "loss", "P%", "loses packets, each by itself", NULL, TOPO_AT_WAY, IN(topo_way, loss),
	  &topo_type_chance },
	{ "bursts", "P% enter P% leave P%",
	  "loses so many while it is bad; turns bad and good with these chances at each packet",
	  NULL, TOPO_AT_WAY, IN(topo_way, bursts), &topo_type_bursts },
	{ "duplicate", "P%", "delivers twice", NULL, TOPO_AT_WAY, IN(topo_way, duplicate),
	  &topo_type_chance },
	{ "reorder", "P% T", "delivers so much later", NULL, TOPO_AT_WAY, IN(topo_way, reorder),
	  &topo_type_reorder },
	{ "mtu", "N", "carries packets of at most N bytes", NULL, TOPO_AT_WAY, IN(topo_way, mtu),
	  &topo_type_number, 68, 65535 },
	{ "tunnel", "N", "an envelope takes N bytes of the MTU (1500 where none is given): GRE 24",
	  NULL, TOPO_AT_WAY, IN(topo_way, overhead), &topo_type_number, 1, 255 },
	{ "down", "", "carries nothing; `up` is the contrary", "up", TOPO_AT_WAY,
	  IN(topo_way, down), &topo_type_flag },
	{ "weight", "N", "among the links of a balancer (1); 0: nothing is routed over it", NULL,
	  TOPO_AT_LINK, IN(topo_link, weight), &topo_type_number, 0, 1000 },
	/* Our own side. */
	{ "send-error", "P% ERROR",
	  "the kernel refuses to send: `ENOBUFS`, `EAGAIN`, `EPERM`, `ENETUNREACH`, `EMSGSIZE`",
	  NULL, TOPO_AT_LOCAL, IN(topo_local, send_error), &topo_type_send_error },
	{ "late-stamps", "T", "no kernel stamps: answers are read, and stamped, up to so much late",
	  NULL, TOPO_AT_LOCAL, IN(topo_local, late_stamps), &topo_type_time },
	{ "receive-queue", "N", "answers held between two reads; more are dropped", NULL,
	  TOPO_AT_LOCAL, IN(topo_local, receive_queue), &topo_type_number, 1, 1000000 },
};
const size_t topo_word_count = sizeof topo_words / sizeof *topo_words;
_Static_assert(sizeof topo_words / sizeof *topo_words <= TOPO_WORDS_MAX, "rows are numbered by it");

const void *topo_word_plain(const struct topo_word *word)
{
	if (word->places & TOPO_AT_WAY)
		return &topo_link_plain.out;
	if (word->places & TOPO_AT_LINK)
		return &topo_link_plain;
	if (word->places & TOPO_AT_LOCAL)
		return &topo_local_plain;
	return &topo_node_plain;
}

bool topo_word_sayable(const struct topo_word *word)
{
	/* A number that is off stands outside of what it can be. */
	return word->type == &topo_type_number &&
	       topo_number(word, topo_field_const(word, topo_word_plain(word))) >= word->least &&
	       topo_number(word, topo_field_const(word, topo_word_plain(word))) <= word->most;
}

void topo_word_clear(const struct topo_word *word, void *owner)
{
	memcpy(topo_field(word, owner), topo_field_const(word, topo_word_plain(word)), word->size);
}
