/*
 * Text to topology. Statements are one line each; what a word means is its row's business
 * (topo_word.c), and what a whole topology must be is checked at the end.
 */
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/random.h"
#include "tests/sim/topo_word.h"

struct parse {
	struct topo *topo;
	struct topo_scan scan;
	struct hash names;  /* to node */
	struct hash addrs;  /* to node */
	struct hash ends;   /* from and to of a link, to link */
	struct hash serves; /* prefixes, to node */
	bool local;         /* the statement was seen */
	bool change;        /* in a line that starts with at */
	/* Words of this line, by row: of a node, or of a link's way out; and of its way back. */
	bool said[TOPO_WORDS_MAX], said_back[TOPO_WORDS_MAX];
};

/* Not secret: a seed of every run's own would only make mistakes differ from run to run. */
static const struct siphash_key name_key = { UINT64_C(0x746f706f6c6f6779), 1 };

static uint64_t name_hash(const char *name)
{
	return siphash(&name_key, name, strlen(name));
}

static bool no_memory(struct parse *p)
{
	return topo_scan_fail(&p->scan, "there is no memory for more");
}

/* --- words -------------------------------------------------------------------------------------
 */

/* "at 5s node r1 no-silent": whether text is what takes the word away. */
static bool takes_away(const struct topo_word *word, const char *text)
{
	if (word->undo)
		return strcmp(text, word->undo) == 0;
	return strncmp(text, "no-", 3) == 0 && strcmp(text + 3, word->name) == 0;
}

static const struct topo_word *find_word(const char *text, unsigned places, bool *away)
{
	for (size_t i = 0; i < topo_word_count; i++) {
		*away = takes_away(&topo_words[i], text);
		if ((topo_words[i].places & places) &&
		    (*away || strcmp(text, topo_words[i].name) == 0))
			return &topo_words[i];
	}
	return NULL;
}

/* Sets or clears the field of owner; once in a line. */
static bool apply(struct parse *p, const struct topo_word *word, bool away, void *owner, bool *said)
{
	bool *again = &said[word - topo_words];
	if (*again)
		return topo_scan_fail(&p->scan, "%s is said twice in this line", word->name);
	/* Routes are made once, to the addresses there are. */
	if (p->change && word->type == &topo_type_prefix)
		return topo_scan_fail(&p->scan, "%s does not change", word->name);
	*again = true;
	if (!away)
		return word->type->parse(&p->scan, word, topo_field(word, owner));
	topo_word_clear(word, owner);
	return true;
}

static bool unknown_word(struct parse *p, const char *where)
{
	return topo_scan_fail(&p->scan, "%s is no word of a %s", p->scan.token, where);
}

static bool parse_owner_words(struct parse *p, unsigned place, void *owner, const char *where)
{
	bool away;
	while (topo_scan_token(&p->scan)) {
		const struct topo_word *word = find_word(p->scan.token, place, &away);
		if (!word)
			return unknown_word(p, where);
		if (!apply(p, word, away, owner, p->said))
			return false;
	}
	return !p->scan.failed;
}

/*
 * "back-" or "no-back-" says that only the way back is meant; a word without it means both ways,
 * but not where the line has said, or will say, what the way back is.
 */
static bool strip_back(char *token)
{
	char *at = strncmp(token, "no-", 3) == 0 ? token + 3 : token;
	if (strncmp(at, "back-", 5) != 0)
		return false;
	memmove(at, at + 5, strlen(at + 5) + 1);
	return true;
}

static bool parse_link_words(struct parse *p, struct topo_link *link)
{
	struct topo_way back = link->back;
	bool away;
	while (topo_scan_token(&p->scan)) {
		bool only_back = strip_back(p->scan.token);
		unsigned places = only_back ? TOPO_AT_WAY : TOPO_AT_WAY | TOPO_AT_LINK;
		const struct topo_word *word = find_word(p->scan.token, places, &away);
		if (!word)
			return unknown_word(p, "link");
		struct topo_way *way = only_back ? &back : &link->out;
		void *owner = word->places & TOPO_AT_LINK ? (void *)link : way;
		if (!apply(p, word, away, owner, only_back ? p->said_back : p->said))
			return false;
		if (!only_back && (word->places & TOPO_AT_WAY) && !p->said_back[word - topo_words])
			memcpy(topo_field(word, &back), topo_field(word, &link->out), word->size);
	}
	link->back = back;
	return !p->scan.failed;
}

/* --- nodes and links ---------------------------------------------------------------------------
 */

static bool parse_name(struct parse *p, char name[static TOPO_NAME_MAX + 1])
{
	if (!topo_scan_need(&p->scan, "a name"))
		return false;
	const char *token = p->scan.token;
	size_t length = strlen(token);
	/* It is also a name in the DNS. */
	if (length > TOPO_NAME_MAX ||
	    strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789-") != length || *token == '-')
		return topo_scan_fail(&p->scan,
		                      "%s is no name of at most %d small letters, digits and '-'",
		                      token, TOPO_NAME_MAX);
	memcpy(name, token, length + 1);
	return true;
}

static bool parse_node_name(struct parse *p, uint32_t *node)
{
	char name[TOPO_NAME_MAX + 1];
	return parse_name(p, name) && (hash_get(&p->names, name_hash(name), node) ||
	                               topo_scan_fail(&p->scan, "there is no node %s above", name));
}

/* Takes the token as an address of the node where it is one. */
static bool take_addr(struct parse *p, struct topo_node *node, uint32_t index)
{
	struct addr *addr = &node->addrs[node->addr_count];
	uint32_t other;
	if (node->addr_count == TOPO_ADDRS_MAX)
		return topo_scan_fail(&p->scan, "a node has no more than %d addresses",
		                      TOPO_ADDRS_MAX);
	if (!addr_parse(p->scan.token, addr) || addr->scope)
		return topo_scan_fail(&p->scan, "%s is no address", p->scan.token);
	if (addr_is_any(addr) || addr_is_multicast(addr) || addr_is_loopback(addr) ||
	    (addr->family == 4 && addr_to_v4(addr) == UINT32_MAX))
		return topo_scan_fail(&p->scan, "%s is no address of a node", p->scan.token);
	uint64_t key = addr_hash(addr);
	if (hash_get(&p->addrs, key, &other))
		return topo_scan_fail(&p->scan, "%s is the address of another node, or twice here",
		                      p->scan.token);
	if (hash_set(&p->addrs, key, index) != 0)
		return no_memory(p);
	node->addr_count++;
	return true;
}

/* Of two that serve the same prefix, one would never be asked. */
static bool take_prefix(struct parse *p, const struct prefix *prefix, uint32_t index)
{
	uint64_t key = addr_hash(&prefix->addr) ^ (prefix->length + UINT64_C(1)) << 56;
	uint32_t other;
	if (prefix->addr.family == 0)
		return true;
	if (hash_get(&p->serves, key, &other))
		return topo_scan_fail(&p->scan, "%s serves this prefix",
		                      p->topo->nodes[other].name);
	return hash_set(&p->serves, key, index) == 0 || no_memory(p);
}

static bool parse_node(struct parse *p, enum topo_role role)
{
	static const uint8_t places[] = {
		[TOPO_SOURCE] = 0, [TOPO_ROUTER] = TOPO_AT_ROUTER, [TOPO_HOST] = TOPO_AT_HOST
	};
	struct topo_node node = topo_node_plain;
	uint32_t index = p->topo->node_count, other;
	node.role = (uint8_t)role;
	node.line = p->scan.line;
	if ((index == 0) != (role == TOPO_SOURCE))
		return topo_scan_fail(&p->scan, "the source comes first, and there is one");
	if (!parse_name(p, node.name))
		return false;
	if (hash_get(&p->names, name_hash(node.name), &other))
		return topo_scan_fail(&p->scan, "there is a node %s already", node.name);
	bool away;
	while (topo_scan_token(&p->scan)) {
		const struct topo_word *word = find_word(p->scan.token, places[role], &away);
		bool is_addr = strpbrk(p->scan.token, ".:") != NULL;
		if (!word && !is_addr)
			return unknown_word(p, role == TOPO_SOURCE   ? "source"
			                       : role == TOPO_ROUTER ? "router"
			                                             : "host");
		if (word ? !apply(p, word, away, &node, p->said) : !take_addr(p, &node, index))
			return false;
		if (word && word->type == &topo_type_prefix && !take_prefix(p, &node.serves, index))
			return false;
	}
	if (p->scan.failed)
		return false;
	if (node.addr_count == 0 && role != TOPO_ROUTER)
		return topo_scan_fail(&p->scan, "%s needs an address", node.name);
	if (topo_add_node(p->topo, &node) < 0 ||
	    hash_set(&p->names, name_hash(node.name), index) != 0)
		return no_memory(p);
	return true;
}

static uint64_t ends_of(uint32_t from, uint32_t to)
{
	return (uint64_t)from << 32 | to;
}

static bool parse_link(struct parse *p)
{
	struct topo_link link = topo_link_plain;
	uint32_t other;
	link.line = p->scan.line;
	if (!parse_node_name(p, &link.from))
		return false;
	if (p->topo->nodes[link.from].role == TOPO_HOST)
		return topo_scan_fail(&p->scan, "nothing lies behind a host");
	if (!parse_node_name(p, &link.to))
		return false;
	if (link.to == 0 || link.to == link.from)
		return topo_scan_fail(&p->scan, "a link leads outwards, to another node");
	if (hash_get(&p->ends, ends_of(link.from, link.to), &other))
		return topo_scan_fail(&p->scan, "there is a link between these two already");
	if (!parse_link_words(p, &link))
		return false;
	int64_t index = topo_add_link(p->topo, &link);
	if (index < 0 || hash_set(&p->ends, ends_of(link.from, link.to), (uint32_t)index) != 0)
		return no_memory(p);
	return true;
}

/* --- changes ------------------------------------------------------------------------------------
 */

static bool parse_node_change(struct parse *p, struct topo_change *change)
{
	if (!parse_node_name(p, &change->index))
		return false;
	change->node = *topo_node_after(p->topo, change->index, p->topo->change_count);
	bool host = change->node.role == TOPO_HOST;
	if (change->node.role == TOPO_SOURCE)
		return topo_scan_fail(&p->scan, "the source has no words");
	return parse_owner_words(p, host ? TOPO_AT_HOST : TOPO_AT_ROUTER, &change->node,
	                         host ? "host" : "router");
}

static bool parse_link_change(struct parse *p, struct topo_change *change)
{
	uint32_t from, to;
	if (!parse_node_name(p, &from) || !parse_node_name(p, &to))
		return false;
	if (!hash_get(&p->ends, ends_of(from, to), &change->index))
		return topo_scan_fail(&p->scan, "there is no link between these two above");
	change->link = *topo_link_after(p->topo, change->index, p->topo->change_count);
	return parse_link_words(p, &change->link);
}

static bool parse_at(struct parse *p)
{
	struct topo_change change = { .line = p->scan.line };
	p->change = true;
	if (!topo_scan_time(&p->scan, &change.at))
		return false;
	uint32_t count = p->topo->change_count;
	if (count && p->topo->changes[count - 1].at > change.at)
		return topo_scan_fail(&p->scan, "changes are written in the order of their times");
	if (!topo_scan_need(&p->scan, "link or node"))
		return false;
	change.is_link = strcmp(p->scan.token, "link") == 0;
	if (!change.is_link && strcmp(p->scan.token, "node") != 0)
		return topo_scan_fail(&p->scan, "a link or a node changes, not a %s",
		                      p->scan.token);
	if (change.is_link ? !parse_link_change(p, &change) : !parse_node_change(p, &change))
		return false;
	return topo_add_change(p->topo, &change) >= 0 || no_memory(p);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static bool parse_local(struct parse *p)
{
	if (p->local)
		return topo_scan_fail(&p->scan, "there is a local line already");
	p->local = true;
	return parse_owner_words(p, TOPO_AT_LOCAL, &p->topo->local, "local line");
}

static bool parse_statement(struct parse *p)
{
	if (!topo_scan_token(&p->scan))
		return false;
	p->change = false;
	memset(p->said, 0, sizeof p->said);
	memset(p->said_back, 0, sizeof p->said_back);
	const char *kind = p->scan.token;
	if (strcmp(kind, "source") == 0)
		return parse_node(p, TOPO_SOURCE);
	if (strcmp(kind, "router") == 0)
		return parse_node(p, TOPO_ROUTER);
	if (strcmp(kind, "host") == 0)
		return parse_node(p, TOPO_HOST);
	if (strcmp(kind, "link") == 0)
		return parse_link(p);
	if (strcmp(kind, "at") == 0)
		return parse_at(p);
	if (strcmp(kind, "local") == 0)
		return parse_local(p);
	return topo_scan_fail(&p->scan,
	                      "a line starts with source, router, host, link, at or local");
}

/* A ring of links would lead no packet outwards: "loop" says what is meant by it. */
static bool check_order(struct parse *p)
{
	const struct topo *t = p->topo;
	uint32_t *order = calloc(t->node_count, sizeof *order);
	uint8_t *reached = calloc(t->node_count, 1);
	int64_t count = order && reached ? topo_sort(t, order) : -1;
	bool good = count >= 0;
	for (int64_t i = 0; i < count; i++)
		reached[order[i]] = 1;
	for (uint32_t i = 0; i < t->link_count && good; i++) {
		if (reached[t->links[i].from])
			continue;
		p->scan.line = t->links[i].line;
		p->scan.column = 1;
		good = topo_scan_fail(&p->scan, "this link comes out of a ring of links");
	}
	free(order);
	free(reached);
	return good || no_memory(p);
}

bool topo_parse(struct topo *t, const char *text, size_t length, struct topo_error *error)
{
	struct parse p = { .topo = t };
	topo_init(t);
	hash_init(&p.names);
	hash_init(&p.addrs);
	hash_init(&p.ends);
	hash_init(&p.serves);
	topo_scan_init(&p.scan, text, length, error);
	bool good = true;
	while (good && topo_scan_line(&p.scan))
		good = parse_statement(&p);
	good = good && !p.scan.failed;
	if (good && t->node_count == 0)
		good = topo_scan_fail(&p.scan, "there is no source");
	good = good && check_order(&p);
	hash_release(&p.names);
	hash_release(&p.addrs);
	hash_release(&p.ends);
	hash_release(&p.serves);
	if (!good)
		topo_release(t);
	return good;
}
