#include "tests/simnet/pcap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC_NSEC   UINT32_C(0xa1b23c4d)
#define LINKTYPE_RAW 101
#define SNAP         65535
#define RECORD       16

int pcap_init(struct pcap *p, int fd)
{
	*p = (struct pcap){ .fd = fd, .bytes = malloc(PCAP_BUFFER) };
	if (!p->bytes)
		return -ENOMEM;
	p->writer = writer_of(p->bytes, PCAP_BUFFER);
	writer_u32(&p->writer, MAGIC_NSEC);
	writer_u16(&p->writer, 2); /* version 2.4 */
	writer_u16(&p->writer, 4);
	writer_u32(&p->writer, 0); /* two words once meant for the time zone */
	writer_u32(&p->writer, 0);
	writer_u32(&p->writer, SNAP);
	writer_u32(&p->writer, LINKTYPE_RAW);
	return 0;
}

void pcap_flush(struct pcap *p)
{
	if (p->fd < 0)
		return;
	size_t length = writer_length(&p->writer);
	size_t done = 0;
	while (done < length && !p->error) {
		ssize_t n = write(p->fd, p->bytes + done, length - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			p->error = errno;
	}
	p->writer = writer_of(p->bytes, PCAP_BUFFER);
}

void pcap_add(struct pcap *p, nsec wall, struct span datagram)
{
	if (p->fd < 0 || p->error)
		return;
	size_t kept = datagram.length < SNAP ? datagram.length : SNAP;
	if ((size_t)(p->writer.end - p->writer.at) < RECORD + kept)
		pcap_flush(p);
	writer_u32(&p->writer, (uint32_t)(wall / NSEC_S));
	writer_u32(&p->writer, (uint32_t)(wall % NSEC_S));
	writer_u32(&p->writer, (uint32_t)kept);
	writer_u32(&p->writer, (uint32_t)datagram.length);
	writer_bytes(&p->writer, datagram.data, kept);
}

int pcap_close(struct pcap *p)
{
	if (p->fd < 0)
		return 0;
	pcap_flush(p);
	if (close(p->fd) && !p->error)
		p->error = errno;
	p->fd = -1;
	free(p->bytes);
	return -p->error;
}
