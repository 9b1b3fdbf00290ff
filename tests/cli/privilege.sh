#!/usr/bin/env bash
# Who may not open raw sockets: ping sockets where the group may, a clear refusal where it may not, and
# the floors that iputils has for ordinary users.
# needs: netns
set -u
. tests/cli/lib.bash

# An ordinary user without any capability here: nobody, or where only root is known the user that a
# namespace of its own makes of it.
user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
"${user[@]}" true 2>/dev/null || user=(unshare --user)
# The range of groups takes only groups that are known here; in a new namespace it is empty.
group() { echo "$1" 2>/dev/null >/proc/sys/net/ipv4/ping_group_range; }

expect "refused" 2 "${user[@]}" "$sonde" ping -c 1 127.0.0.1 <<'END'
! sonde ping: no permission to send: raw sockets: Operation not permitted; ping sockets: Permission denied
! Each of these three gives it:
!   setcap cap_net_raw+p sonde
!   sysctl -w net.ipv4.ping_group_range='0 2147483647'
!   being root
END
expect "refused, JSON" 2 "${user[@]}" "$sonde" ping --json -c 1 127.0.0.1 <<'END'
! sonde ping: no permission to send: raw sockets: Operation not permitted; ping sockets: Permission denied
! Each of these three gives it:
!   setcap cap_net_raw+p sonde
!   sysctl -w net.ipv4.ping_group_range='0 2147483647'
!   being root
END

group "0 2147483647" || group "0 0"
expect "ping sockets" 0 "${user[@]}" "$sonde" ping -v -e 99 -c 2 -i 0.01 127.0.0.1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ident=99 ttl=64 time=T ms
64 bytes from 127.0.0.1: icmp_seq=2 ident=99 ttl=64 time=T ms

--- 127.0.0.1 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
! sonde ping: ping sockets (raw ones: Operation not permitted), filtered in the kernel; sending times from the kernel, receiving times from the kernel
END
expect "ping sockets, both families" 0 "${user[@]}" "$sonde" ping -q -c 1 127.0.0.1 ::1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
PING ::1 (::1) 56 data bytes

--- 127.0.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms

--- ::1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
mode() { [[ $("$@" "$sonde" ping -j -c 1 ::1 | jq -r 'select(.type == "start").mode') == "$mode" ]]; }
mode=dgram ok "JSON says dgram" mode "${user[@]}"
mode=raw ok "JSON says raw" mode

expect "id 0 needs raw sockets" 2 "${user[@]}" "$sonde" ping -e 0 -c 1 127.0.0.1 <<'END'
! sonde ping: no permission to send: raw sockets: Operation not permitted (-N and -e 0 cannot do with ping sockets)
! Each of these two gives it:
!   setcap cap_net_raw+p sonde
!   being root
END
expect "interval" 2 "${user[@]}" "$sonde" ping -i 0.001 127.0.0.1 \
	<<<"! sonde ping: interval is too small: 0.001 (at least 0.002 without privilege)"
expect "interval 0" 2 "${user[@]}" "$sonde" ping -i 0 127.0.0.1 \
	<<<"! sonde ping: interval is too small: 0 (at least 0.002 without privilege)"
expect "preload" 2 "${user[@]}" "$sonde" ping -l 4 127.0.0.1 \
	<<<"! sonde ping: preload is too large: 4 (at most 3 without privilege)"
expect "flood" 2 "${user[@]}" "$sonde" ping -f 127.0.0.1 \
	<<<"! sonde ping: a flood needs privilege, or an interval (-i 0.002)"
expect "multicast" 2 "${user[@]}" "$sonde" ping -i 0.5 ff02::1%lo \
	<<<"! sonde ping: ff02::1%lo: broadcast and multicast need an interval of 1 s without privilege"
expect "the least that is allowed" 0 "${user[@]}" "$sonde" ping -q -l 3 -i 0.002 -c 5 127.0.0.1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.

--- 127.0.0.1 ping statistics ---
5 packets transmitted, 5 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
expect "flood with an interval" 0 "${user[@]}" "$sonde" ping -q -f -i 0.002 -c 5 127.0.0.1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.

--- 127.0.0.1 ping statistics ---
5 packets transmitted, 5 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms, ipg/ewma T ms
END
expect "the mark" 0 "${user[@]}" "$sonde" ping -q -m 7 -c 1 127.0.0.1 <<'END'
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.

--- 127.0.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
! sonde ping: WARNING: no mark is set: that needs cap_net_admin or, since Linux 5.17, cap_net_raw
END

# While it runs nothing is left: no capability in any set, no way to new ones, system calls filtered.
stripped() {
	local pid status=0
	"$sonde" ping -i 5 127.0.0.1 >/dev/null &
	pid=$!
	for _ in {1..100}; do
		grep -q '^Seccomp:.*2' "/proc/$pid/status" && break
		sleep 0.02
	done
	grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' "/proc/$pid/status" | tr -s '\t ' ' ' >"$scratch/status"
	kill "$pid"
	wait "$pid" || status=$?
	printf '%s\n' "Cap"{Inh,Prm,Eff}": 0000000000000000" "CapAmb: 0000000000000000" "NoNewPrivs: 1" "Seccomp: 2" |
		diff - "$scratch/status"
}
ok "no capability left, sandboxed" stripped
unfiltered() {
	local pid mode
	"$sonde" ping --no-sandbox -i 5 127.0.0.1 >"$scratch/out" &
	pid=$!
	for _ in {1..100}; do
		grep -q icmp_seq=1 "$scratch/out" && break
		sleep 0.02
	done
	mode=$(grep -E '^(CapEff|Seccomp):' "/proc/$pid/status" | tr -s '\t ' ' ')
	kill "$pid"
	wait "$pid"
	[[ $mode == $'CapEff: 0000000000000000\nSeccomp: 0' ]]
}
ok "--no-sandbox leaves the filter out, and nothing else" unfiltered

finish
