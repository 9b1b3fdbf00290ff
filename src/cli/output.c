#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

void output_guard(void)
{
	/* The lowest free number is taken: fd itself, because those below are open by now. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void output_init(struct output *o, int fd)
{
	*o = (struct output){ .fd = fd, .interrupt = -1 };
	buffer_init(&o->buffer, OUTPUT_LIMIT);
}

void output_release(struct output *o)
{
	buffer_release(&o->buffer);
}

/*
 * Waits until a pipe or terminal takes at least some bytes; with a file there is nothing to wait
 * for. False where the user interrupted before that.
 */
static bool wait_writable(struct output *o)
{
	struct pollfd fds[2] = {
		{ .fd = o->fd, .events = POLLOUT },
		{ .fd = o->interrupt, .events = POLLIN },
	};
	while (poll(fds, 2, -1) < 0) {
		if (errno != EINTR) {
			o->error = errno;
			return false;
		}
	}
	if (!fds[0].revents) {
		o->error = EINTR;
		return false;
	}
	return true;
}

/* Poll's promise is good for this many bytes only (PIPE_BUF); more could block for ever. */
#define OUTPUT_CHUNK 4096

bool output_flush(struct output *o)
{
	size_t done = 0;
	if (o->buffer.failed && !o->error)
		o->error = ENOMEM;
	while (!o->error && done < o->buffer.length) {
		size_t left = o->buffer.length - done;
		if (!wait_writable(o))
			break;
		ssize_t n = write(o->fd, o->buffer.data + done,
		                  left < OUTPUT_CHUNK ? left : OUTPUT_CHUNK);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			o->error = errno;
	}
	buffer_clear(&o->buffer);
	return o->error == 0;
}

bool output_close(struct output *o)
{
	bool flushed = output_flush(o);
	/* What was closed before we came (see output_guard) matters only if something was written.
	 */
	if (close(o->fd) < 0 && !o->error && errno != EBADF)
		o->error = errno;
	return flushed && !o->error;
}
