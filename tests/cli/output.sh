#!/usr/bin/env bash
# Where the output cannot go: closed, full, nobody reads. An exit status and a line, never silence, and
# never an end by SIGPIPE.
# needs: netns
set -u
. tests/cli/lib.bash

expect "closed standard output" 2 bash -c 'exec "$@" >&-' bash "$sonde" ping -c 2 -i 0.01 ::1 \
	<<<"! sonde ping: standard output: Bad file descriptor"
expect "full disk" 2 bash -c 'exec "$@" >/dev/full' bash "$sonde" ping -c 2 -i 0.01 ::1 \
	<<<"! sonde ping: standard output: No space left on device"
expect "full disk, --help" 2 bash -c 'exec "$@" >/dev/full' bash "$sonde" ping --help \
	<<<"! sonde ping: standard output: No space left on device"
expect "full disk, JSON" 2 bash -c 'exec "$@" >/dev/full' bash "$sonde" ping -j -c 2 -i 0.01 ::1 \
	<<<"! sonde ping: standard output: No space left on device"
expect "full disk, version" 2 bash -c 'exec "$@" >/dev/full' bash "$sonde" --version \
	<<<"! sonde: standard output: No space left on device"
expect "closed standard error" 2 bash -c 'exec "$@" 2>&-' bash "$sonde" ping -c x ::1 </dev/null
expect "all three closed" 2 bash -c 'exec "$@" <&- >&- 2>&-' bash "$sonde" ping -c 1 ::1 </dev/null
expect "closed standard input" 0 bash -c 'exec "$@" <&-' bash "$sonde" ping -q -c 1 ::1 <<'END'
PING ::1 (::1) 56 data bytes

--- ::1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END

# The reader leaves after a line: the run ends with the next, long before its count.
cat >"$scratch/head" <<'END'
"$@" | head -n 1
echo "status ${PIPESTATUS[0]}"
END
expect "reader leaves" 0 bash "$scratch/head" "$sonde" ping -c 1000 -i 0.01 ::1 <<'END'
PING ::1 (::1) 56 data bytes
status 2
! sonde ping: standard output: Broken pipe
END

# A line is out as soon as it is known, also into a pipe.
cat >"$scratch/lines" <<'END'
exec {pipe}< <("$@")
read -r -t 5 header <&$pipe && read -r -t 5 reply <&$pipe || echo "nothing within 5 s"
echo "$header"
echo "$reply"
kill -9 $!
END
expect "a line at a time" 0 bash "$scratch/lines" "$sonde" ping -w 30 -i 20 ::1 <<'END'
PING ::1 (::1) 56 data bytes
64 bytes from ::1: icmp_seq=1 ttl=64 time=T ms
END

# Nobody reads and nobody leaves: SIGINT still ends it.
stuck() {
	local fifo=$scratch/fifo pid status=0 reader
	mkfifo "$fifo"
	sleep 30 <"$fifo" &
	reader=$!
	"$sonde" ping -i 0 -D ::1 >"$fifo" 2>"$scratch/stuck.err" &
	pid=$!
	# A pipe takes 64 KiB: wait until the program sleeps in poll for room.
	for _ in {1..100}; do
		sleep 0.05
		[[ $(cat "/proc/$pid/wchan" 2>/dev/null) != *poll* ]] || break
	done
	sleep 0.5
	kill -INT "$pid"
	for _ in {1..60}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -0 "$pid" 2>/dev/null && { echo "# still there" && kill -9 "$pid"; }
	wait "$pid" || status=$?
	kill "$reader"
	wait "$reader" 2>/dev/null
	[[ $status == 2 && $(cat "$scratch/stuck.err") == "sonde ping: standard output: Interrupted system call" ]] ||
		{ echo "# status $status: $(cat "$scratch/stuck.err")" && return 1; }
}
ok "SIGINT while nobody reads" stuck

finish
