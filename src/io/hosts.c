#include "io/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/random.h"
#include "io/hostname.h"

#define HOSTS_SIZE_MAX ((size_t)64 << 20)
#define BLANK          " \t\r\v\f"

/* Not keyed: root writes the file. */
static uint64_t hash_name(const char *name)
{
	static const struct siphash_key key = { 0, 0 };
	char lower[HOSTNAME_MAX + 1];
	size_t length = 0;
	for (; length < HOSTNAME_MAX && name[length]; length++) {
		char c = name[length];
		lower[length] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return siphash(&key, lower, length);
}

static struct hosts_entry *new_entry(struct hosts *hosts)
{
	if (hosts->count == hosts->capacity) {
		uint32_t capacity = hosts->capacity ? 2 * hosts->capacity : 16;
		struct hosts_entry *entries = realloc(hosts->entries, capacity * sizeof *entries);
		if (!entries)
			return NULL;
		hosts->entries = entries;
		hosts->capacity = capacity;
	}
	return &hosts->entries[hosts->count];
}

static int add(struct hosts *hosts, const struct addr *addr, const char *name,
               const char *canonical)
{
	struct hosts_entry *entry = new_entry(hosts);
	if (!entry)
		return -ENOMEM;
	uint32_t index = hosts->count;
	*entry = (struct hosts_entry){
		.name = name, .canonical = canonical, .addr = *addr, .last = index
	};
	uint32_t first;
	if (hash_get(&hosts->names, hash_name(name), &first)) {
		hosts->entries[hosts->entries[first].last].next = index;
		hosts->entries[first].last = index;
	} else if (hash_set(&hosts->names, hash_name(name), index)) {
		return -ENOMEM;
	}
	hosts->count++;
	uint64_t addr_key = addr_hash(addr);
	return hash_get(&hosts->addrs, addr_key, &first) ? 0
	                                                 : hash_set(&hosts->addrs, addr_key, index);
}

/* "address canonical alias ..."; what is not that is passed over, as the C library does. */
static int add_line(struct hosts *hosts, char *line)
{
	struct hostname host;
	line[strcspn(line, "#")] = '\0';
	char *rest = NULL;
	const char *address = strtok_r(line, BLANK, &rest);
	if (!address || hostname_parse(address, 0, &host) != HOSTNAME_LITERAL)
		return 0;
	const char *canonical = NULL;
	int error = 0;
	for (char *name = strtok_r(NULL, BLANK, &rest); name && !error;
	     name = strtok_r(NULL, BLANK, &rest)) {
		if (strlen(name) > HOSTNAME_MAX)
			continue;
		if (!canonical)
			canonical = name;
		error = add(hosts, &host.addr, name, canonical);
	}
	return error;
}

static int read_all(int fd, struct buffer *text)
{
	char chunk[16384];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buffer_append(text, chunk, (size_t)n);
		if (text->failed)
			return text->length + (size_t)n > text->limit ? -EFBIG : -ENOMEM;
	}
}

static int read_file(const char *path, struct buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int error = read_all(fd, text);
	close(fd);
	return error;
}

int hosts_load(struct hosts *hosts, const char *path)
{
	*hosts = (struct hosts){ .count = 0 };
	hash_init(&hosts->names);
	hash_init(&hosts->addrs);
	buffer_init(&hosts->text, HOSTS_SIZE_MAX);
	int error = read_file(path, &hosts->text);
	char *line = hosts->text.data;
	size_t left = hosts->text.length;
	while (left > 0 && !error) {
		/* A NUL in the middle ends the line's text, not the file. */
		char *end = memchr(line, '\n', left);
		size_t length = end ? (size_t)(end - line) + 1 : left;
		if (end)
			*end = '\0';
		error = add_line(hosts, line);
		line += length;
		left -= length;
	}
	if (error)
		hosts_release(hosts);
	return error;
}

void hosts_release(struct hosts *hosts)
{
	buffer_release(&hosts->text);
	hash_release(&hosts->names);
	hash_release(&hosts->addrs);
	free(hosts->entries);
	*hosts = (struct hosts){ .count = 0 };
}

static bool contains(const struct addr *addrs, size_t count, const struct addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(&addrs[i], addr))
			return true;
	return false;
}

/* RFC 6761, 6.3: "localhost" and what ends in it never leave the host. */
static size_t localhost_addrs(const char *name, uint8_t family, struct addr addrs[static 2])
{
	static const char localhost[] = "localhost";
	size_t length = strlen(name), tail = sizeof localhost - 1, count = 0;
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length < tail || strncasecmp(name + length - tail, localhost, tail) != 0 ||
	    (length > tail && name[length - tail - 1] != '.'))
		return 0;
	if (family != 4)
		addrs[count++] = addr_v6((const uint8_t[16]){ [15] = 1 });
	if (family != 6)
		addrs[count++] = addr_v4(INADDR_LOOPBACK);
	return count;
}

size_t hosts_addrs(const struct hosts *hosts, const char *name, uint8_t family, struct addr *addrs,
                   size_t capacity, const char **canonical)
{
	uint32_t at;
	size_t count = 0;
	bool more = hash_get(&hosts->names, hash_name(name), &at);
	*canonical = name;
	while (more && count < capacity) {
		const struct hosts_entry *entry = &hosts->entries[at];
		if (!strcasecmp(entry->name, name) && (!family || family == entry->addr.family) &&
		    !contains(addrs, count, &entry->addr)) {
			if (count == 0)
				*canonical = entry->canonical;
			addrs[count++] = entry->addr;
		}
		more = entry->next != 0;
		at = entry->next;
	}
	return count > 0 || capacity < 2 ? count : localhost_addrs(name, family, addrs);
}

const char *hosts_name(const struct hosts *hosts, const struct addr *addr)
{
	uint32_t at;
	if (hash_get(&hosts->addrs, addr_hash(addr), &at) &&
	    addr_equal(&hosts->entries[at].addr, addr))
		return hosts->entries[at].canonical;
	struct addr local[2];
	size_t count = localhost_addrs("localhost", 0, local);
	return contains(local, count, addr) ? "localhost" : NULL;
}
