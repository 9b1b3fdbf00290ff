#!/usr/bin/env bash
# needs: plain
# The layer check: the source passes, and each rule notices what it is there for.
. tests/check.sh

# notices RULE FILE TEXT: one file more in an otherwise good tree.
notices() {
	rm -rf "$scratch/src"
	mkdir -p "$scratch/src/${2%/*}" "$scratch/src/io"
	printf 'clock_gettime(0, 0);\n' >"$scratch/src/io/clock.c"
	printf '%s\n' "$3" >>"$scratch/src/$2"
	run tests/tools/layers "$scratch/src"
	if [[ $1 == nothing ]]; then
		check "permits $2: $3" '[[ $status -eq 0 && -z $out ]]'
	else
		check "$1 notices $2: $3" '[[ $status -ne 0 && $out == *": '"$1"': "* ]]'
	fi
}

run tests/tools/layers src
check "the source keeps to its floors" '[[ $status -eq 0 ]]'

notices up base/x.h '#include "wire/ip4.h"'
notices up wire/x.c '#include "probe/probe.h"'
notices up probe/x.c '#include "algo/algo.h"'
notices up io/x.c '#include "algo/report.h"'
notices up io/x.c '#include "render/render.h"'
notices up algo/x.c '#include "io/clock.h"'
notices up algo/x.c ' # include "render/render.h"'
notices up render/x.c '#include "io/clock.h"'
notices up lib/x.c '#include "cli/options.h"'
notices up base/x.c '#include "x.h"'
notices up misc/x.c 'int x;'
notices report render/x.c '#include "algo/ping.h"'
notices pure base/x.h '#include <stdio.h>'
notices pure wire/x.c '#include <netinet/ip.h>'
notices pure probe/x.c '#include <time.h>'
notices pure algo/x.c '#include <sys/socket.h>'
notices clock io/loop.c '	clock_gettime(CLOCK_MONOTONIC, &t);'
notices clock io/clock.c 'clock_gettime(CLOCK_REALTIME, &t);'
notices clock cli/x.c '	now = time(NULL);'
notices clock cli/x.c '	gettimeofday(&t, NULL);'
notices speak io/x.c '	printf("x");'
notices speak render/x.c '	fputs("x", stdout);'
notices speak lib/x.c '	exit(1);'
notices speak algo/x.c '	x(); abort();'
notices speak io/x.c 'a = "/*"; printf("x"); b = "*/";'

notices nothing render/x.c '#include "algo/report.h"'
notices nothing algo/x.c '#include "algo/report.h"'
notices nothing lib/x.c '#include "algo/ping.h"'
notices nothing algo/x.c '	d->now = clock(ctx);'
notices nothing base/buffer.c '#include <stdio.h>'
notices nothing cli/x.c '#include "render/render.h"'
notices nothing cli/x.c '	printf("x"); exit(0);'
notices nothing io/x.c '#include <sys/socket.h>'
notices nothing io/x.c '/* printf("x") */'
notices nothing io/x.c 'say("exit(1)"); // exit(1)'
notices nothing io/x.c '	n = snprintf(text, size, "x"); p->exit(1); run_time(3);'
finish
