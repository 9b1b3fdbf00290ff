/* busy - one endless loop on each processor, until it is ended. */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	for (long i = 0; i < count; i++) {
		if (fork() != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		cpu_set_t set;
		CPU_ZERO(&set);
		CPU_SET((size_t)i, &set);
		(void)sched_setaffinity(0, sizeof(set), &set);
		for (volatile uint64_t n = 0;; n = n + 1)
			;
	}
	(void)pause();
	return 0;
}
