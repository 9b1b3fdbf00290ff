#!/usr/bin/env bash
# SIGINT, SIGTERM and SIGHUP end the run with its summary; SIGQUIT prints the running line.
# needs: netns jq
set -u
. tests/cli/lib.bash

# signalled SIGNALS COMMAND...: sends each signal, half a second apart, once a first reply is there.
cat >"$scratch/signalled" <<'END'
signals=$1
shift
# A job of a script ignores SIGINT unless told otherwise.
set -m
# Empty before the job is: what the run before wrote must not be taken for a first reply.
: >"$0.out"
"$@" >"$0.out" 2>"$0.err" &
pid=$!
for _ in {1..100}; do
	grep -q 'icmp_seq=1\|"reply".*"::1"' "$0.out" && break
	sleep 0.05
done
for signal in $signals; do
	kill "-$signal" "$pid"
	sleep 0.3
done
wait "$pid"
status=$?
cat "$0.out"
cat "$0.err" >&2
exit $status
END

for signal in INT TERM HUP; do
	expect "SIG$signal" 0 bash "$scratch/signalled" $signal "$sonde" ping -i 10 127.0.0.1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=T ms

--- 127.0.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
done

status_line() {
	bash "$scratch/signalled" "QUIT INT" "$sonde" ping -i 10 127.0.0.1 >/dev/null 2>"$scratch/status" </dev/null
	local line
	line=$(tr -d '\r' <"$scratch/status" | mask)
	[[ $line =~ ^1/1\ packets,\ 0%\ loss,\ min/avg/ewma/max\ =\ T\ ms$ ]] || { echo "# $line" && return 1; }
}
ok "SIGQUIT" status_line

json_summary() {
	local got
	got=$(bash "$scratch/signalled" INT "$sonde" ping -j -i 10 127.0.0.1 ::1 </dev/null |
		jq -r 'select(.type == "summary") | "\(.target) \(.sent) \(.received)"')
	[[ $got == $'127.0.0.1 1 1\n::1 1 1' ]] || { echo "# $got" && return 1; }
}
ok "SIGINT, JSON" json_summary

# Before any name is an address there is nothing to sum up: what was asked for could not be done. The
# server's packets go nowhere.
unresolved() {
	local status=0
	ip link add lost0 type veth peer name lost1
	ip address add 198.51.100.1/24 dev lost0
	ip link set lost0 up
	ip link set lost1 up
	ip neighbour add 198.51.100.53 lladdr 02:00:00:00:00:01 dev lost0
	echo 'nameserver 198.51.100.53' >/etc/resolv.conf
	timeout --preserve-status -s INT 0.5 "$sonde" ping -c 1 host.test >"$scratch/out" 2>&1 </dev/null ||
		status=$?
	[[ $status == 2 && ! -s $scratch/out ]] || { echo "# $status" && cat "$scratch/out" && return 1; }
}
ok "SIGINT while a name is asked for" unresolved

# Where the run's time is up before that, each name is told.
expect "-w ends while a name is asked for" 2 "$sonde" ping -q -n -w 0.3 -c 1 host.test other.test <<'END'
! sonde ping: host.test: the run ended before its name was resolved
! sonde ping: other.test: the run ended before its name was resolved
END
json_unresolved() {
	"$sonde" ping -j -w 0.3 -c 1 host.test 198.51.100.1 >"$scratch/out" </dev/null
	[[ $(jq -r '.type + " " + .target' "$scratch/out" | sort | paste -s -d ,) == \
		"reply 198.51.100.1,resolve_error host.test,start 198.51.100.1,summary 198.51.100.1" ]]
}
ok "-w ends while a name is asked for, JSON" json_unresolved

finish
