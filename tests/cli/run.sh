#!/usr/bin/env bash
# Runs of `sonde ping` against hosts two hops away, as the kernel is: what is printed, and the status.
# needs: netns jq tshark dumpcap
set -u
. tests/cli/lib.bash
. tests/netns/netns.sh

ns_chain near router far
# Everything below is typed on the near host.
here() { expect "sonde ping ${*:2}" "$1" nsenter --net=/run/netns/near "$sonde" ping "${@:2}"; }

# As `ping` prints it.
here 0 -c 2 -i 0.02 198.18.2.2 <<'END'
PING 198.18.2.2 (198.18.2.2) 56(84) bytes of data.
64 bytes from 198.18.2.2: icmp_seq=1 ttl=63 time=T ms
64 bytes from 198.18.2.2: icmp_seq=2 ttl=63 time=T ms

--- 198.18.2.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
here 0 -c 2 -i 0.02 2001:db8:2::2 <<'END'
PING 2001:db8:2::2 (2001:db8:2::2) 56 data bytes
64 bytes from 2001:db8:2::2: icmp_seq=1 ttl=63 time=T ms
64 bytes from 2001:db8:2::2: icmp_seq=2 ttl=63 time=T ms

--- 2001:db8:2::2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END

# The three ways to end without a reply: nobody there, a router says so, this host cannot send.
here 1 -c 1 -W 0.1 198.18.2.77 <<'END'
PING 198.18.2.77 (198.18.2.77) 56(84) bytes of data.

--- 198.18.2.77 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time Tms

END
here 1 -c 1 -t 1 2001:db8:2::2 <<'END'
PING 2001:db8:2::2 (2001:db8:2::2) 56 data bytes
From 2001:db8:1::2 icmp_seq=1 Time exceeded: Hop limit

--- 2001:db8:2::2 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time Tms

END
here 2 -c 1 203.0.113.1 <<'END'
PING 203.0.113.1 (203.0.113.1) 56(84) bytes of data.
To 203.0.113.1 icmp_seq=1 Network is unreachable (not sent)

--- 203.0.113.1 ping statistics ---
0 packets transmitted, 0 received, +1 send errors

END

# Several targets: the status of the worst.
summary() { nsenter --net=/run/netns/near "$sonde" ping -q -i 0.02 -c 2 -W 0.1 "$@" 2>&1 </dev/null | grep -c ' 0% packet loss'; return "${PIPESTATUS[0]}"; }
worst() {
	local want_status=$1 want_alive=$2 alive status=0
	shift 2
	alive=$(summary "$@") || status=$?
	[[ $status == "$want_status" && $alive == "$want_alive" ]] || { echo "# status $status, $alive alive" && return 1; }
}
ok "two that answer" worst 0 2 198.18.1.2 2001:db8:2::2
ok "one of two silent" worst 1 1 198.18.1.2 198.18.1.77
ok "one of two without a route" worst 2 1 198.18.1.2 203.0.113.1
ok "one of two without a name" worst 2 1 198.18.1.2 nobody.test
ok "both at once" worst 2 1 198.18.1.2 198.18.1.77 nobody.test

# -w is a deadline, and no error ends it; with -c as many answers are wanted.
timed() {
	local least=$1 most=$2 want=$3 status=0 began ms
	shift 3
	began=${EPOCHREALTIME/./}
	nsenter --net=/run/netns/near "$sonde" ping -q "$@" >/dev/null 2>&1 </dev/null || status=$?
	ms=$(((${EPOCHREALTIME/./} - began) / 1000))
	[[ $status == "$want" && $ms -ge $least && $ms -le $most ]] || { echo "# status $status after $ms ms" && return 1; }
}
ok "-w ends the run" timed 300 900 0 -i 0.05 -w 0.3 198.18.2.2
ok "-w is not ended by an error" timed 300 900 1 -i 0.05 -w 0.3 -t 1 198.18.2.2
ok "-w and -c: enough answers end it" timed 0 900 0 -i 0.05 -w 10 -c 3 198.18.2.2
ok "-w and -c: too few answers are no success" timed 300 900 1 -i 0.2 -w 0.3 -c 3 198.18.2.2
ok "-w takes a unit" timed 300 900 0 -i 50ms -w 300ms 198.18.2.2
ok "-W ends the wait for the last" timed 200 800 1 -c 1 -W 0.2 198.18.2.77
ok "-c alone ends with the last answer" timed 0 500 0 -c 1 198.18.2.2

# Names: of the hosts file, both families; what the name resolves to is in the first line.
printf '%s\n' '198.18.2.2 four.test both.test' '2001:db8:2::2 six.test both.test' \
	'203.0.113.9 astray.test' '198.18.2.2 astray.test' '198.18.2.2 xn--bcher-kva.test' >>/etc/hosts
here 0 -n -c 1 four.test <<'END'
PING four.test (198.18.2.2) 56(84) bytes of data.
64 bytes from 198.18.2.2: icmp_seq=1 ttl=63 time=T ms

--- four.test ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
here 0 -n -q -c 1 bücher.test <<'END'
PING bücher.test (198.18.2.2) 56(84) bytes of data.

--- bücher.test ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
international() { LC_ALL=C nsenter --net=/run/netns/near "$sonde" ping -n -q -c 1 bücher.test </dev/null | head -n 1; }
ok "an international name where it cannot be shown" \
	test "$(international)" == "PING xn--bcher-kva.test (198.18.2.2) 56(84) bytes of data."
here 0 -c 1 six.test <<'END'
PING six.test (2001:db8:2::2) 56 data bytes
64 bytes from six.test (2001:db8:2::2): icmp_seq=1 ttl=63 time=T ms

--- six.test ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
here 0 -H -c 1 2001:db8:2::2 <<'END'
PING 2001:db8:2::2 (2001:db8:2::2) 56 data bytes
64 bytes from six.test (2001:db8:2::2): icmp_seq=1 ttl=63 time=T ms

--- 2001:db8:2::2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
chosen() {
	local want=$1 got
	shift
	got=$(nsenter --net=/run/netns/near "$sonde" ping -j -c 1 "$@" </dev/null | jq -r 'select(.type == "start").addr')
	[[ $got == "$want" ]] || { echo "# $got" && return 1; }
}
ok "-4 chooses" chosen 198.18.2.2 -4 both.test
ok "-6 chooses" chosen 2001:db8:2::2 -6 both.test
ok "ping6 chooses" chosen 2001:db8:2::2 -6 both.test
ok "-R needs IPv4 and chooses it" chosen 198.18.2.2 -R both.test
ok "-F needs IPv6 and chooses it" chosen 2001:db8:2::2 -F 1 both.test
ok "-I with an address chooses" chosen 198.18.2.2 -I 198.18.1.1 both.test
ok "an address without a route is passed over" chosen 198.18.2.2 astray.test
here 2 -c 1 nobody.test <<'END'
! sonde ping: nobody.test: Temporary failure in name resolution
END
json_failure() {
	local got status=0
	got=$(nsenter --net=/run/netns/near "$sonde" ping -j -c 1 nobody.test 2>&1 </dev/null) || status=$?
	got=$(jq -r '"\(.type) \(.target) \(.text)"' <<<"$got")
	[[ $status == 2 && $got == "resolve_error nobody.test Temporary failure in name resolution" ]] ||
		{ echo "# $status $got" && return 1; }
}
ok "JSON: a name that is not known" json_failure

# Lists of targets.
targets() {
	local want=$1 got
	shift
	got=$(nsenter --net=/run/netns/near "$sonde" ping -j -c 1 "$@" 2>&1 | jq -r 'select(.type == "start").target' | sort | tr '\n' ' ')
	[[ $got == "$want" ]] || { echo "# $got" && return 1; }
}
printf '# hosts\n\n 198.18.1.2\t# the router\r\n2001:db8:2::2\nfour.test' >"$scratch/list"
ok "--targets FILE" targets "198.18.1.2 2001:db8:2::2 four.test " --targets "$scratch/list"
ok "--targets - and operands" targets "198.18.1.2 2001:db8:2::2 four.test six.test " six.test --targets - <"$scratch/list"
printf '198.18.1.2\n%01100d\n' 0 >"$scratch/long"
here 2 --targets "$scratch/long" <<'END'
! sonde ping: long:2: line is too long
END
printf '198.18.1.2\n198.18.1.2 198.18.2.2\n' >"$scratch/two"
here 2 --targets "$scratch/two" <<'END'
! sonde ping: two:2: more than one host in a line
END
printf '198.18.1.2\nab\033[2Jc\n' >"$scratch/escape"
here 2 --targets "$scratch/escape" <<'END'
! sonde ping: escape:2: line is not text
END

# Broadcast and multicast.
here 2 -c 1 198.18.1.255 <<'END'
! sonde ping: 198.18.1.255: a broadcast address needs -b
END
ns router sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts'
here 0 -b -c 1 198.18.1.255 <<'END'
PING 198.18.1.255 (198.18.1.255) 56(84) bytes of data.
64 bytes from 198.18.1.2: icmp_seq=1 ttl=64 time=T ms

--- 198.18.1.255 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
! sonde ping: WARNING: pinging broadcast address
END
prohibited() {
	ns near ip route add prohibit 203.0.113.128/25
	nsenter --net=/run/netns/near "$sonde" ping -c 1 203.0.113.129 2>&1 </dev/null | grep -q 'Permission denied (not sent)'
}
ok "a route that prohibits is no broadcast address" prohibited
multicast() { nsenter --net=/run/netns/near "$sonde" ping -L -c 1 "$@" </dev/null | grep -q "^64 bytes from $from"; }
from=fe80:: ok "multicast, scope in the address" multicast ff02::1%next
from=fe80:: ok "multicast, scope by -I" multicast -I next ff02::1
linklocal() {
	local address
	address=$(ns router ip -6 -j address show dev prev scope link | jq -r '.[].addr_info[]?.local // empty')
	nsenter --net=/run/netns/near "$sonde" ping -c 1 -I next "$address" </dev/null | grep -qF "from $address%next: icmp_seq=1"
}
ok "a link-local address by -I" linklocal
here 0 -L -c 1 -I next 224.0.0.1 <<'END'
PING 224.0.0.1 (224.0.0.1) from 198.18.1.1 next: 56(84) bytes of data.
64 bytes from 198.18.1.2: icmp_seq=1 ttl=64 time=T ms

--- 224.0.0.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
# As it is on the wire: sent FILTER FIELD VALUE ARGUMENT... One hop is the host's default for multicast:
# unicast's must not come in its place.
sent() {
	local pid got
	ns router timeout 5 dumpcap -q -i prev -c 1 -f "$1" -w "$scratch/dump" 2>/dev/null &
	pid=$!
	sleep 0.7
	nsenter --net=/run/netns/near "$sonde" ping -q -c 1 -W 0.1 "${@:4}" >/dev/null </dev/null
	wait $pid
	got=$(tshark -r "$scratch/dump" -T fields -e "$2" 2>/dev/null)
	[[ $got == "$3" ]] || { echo "# $2: $got" && return 1; }
}
ok "IPv4 multicast leaves with TTL 1" sent "icmp[0] == 8" ip.ttl 1 -I next 224.0.0.1
ok "IPv6 multicast leaves with hop limit 1" sent "icmp6[0] == 128" ipv6.hlim 1 ff02::1%next
ok "-t for multicast" sent "icmp[0] == 8" ip.ttl 7 -t 7 -I next 224.0.0.1
ok "unicast leaves with the host's TTL" sent "icmp[0] == 8" ip.ttl 64 198.18.2.2
ok "-Q" sent "icmp[0] == 8" ip.dsfield 0x10 -Q 0x10 198.18.2.2
ok "-F" sent "icmp6[0] == 128" ipv6.flow 0x012345 -F 0x12345 2001:db8:2::2
ok "-e" sent "icmp[0] == 8" icmp.ident 4711 -e 4711 198.18.2.2
ok "-s" sent "icmp[0] == 8" ip.len 108 -s 80 198.18.2.2
ok "-M do" sent "icmp[0] == 8" ip.flags.df 1 -M do 198.18.2.2

# Where it leaves, and from what address.
here 0 -c 1 -I 198.18.1.1 -I next 198.18.2.2 <<'END'
PING 198.18.2.2 (198.18.2.2) from 198.18.1.1 next: 56(84) bytes of data.
64 bytes from 198.18.2.2: icmp_seq=1 ttl=63 time=T ms

--- 198.18.2.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END
here 2 -c 1 -r 198.18.2.2 <<'END'
PING 198.18.2.2 (198.18.2.2) 56(84) bytes of data.
To 198.18.2.2 icmp_seq=1 Network is unreachable (not sent)

--- 198.18.2.2 ping statistics ---
0 packets transmitted, 0 received, +1 send errors

END
ns router sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/accept_source_route; echo 1 >/proc/sys/net/ipv4/conf/prev/accept_source_route'
ns far sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/accept_source_route; echo 1 >/proc/sys/net/ipv4/conf/prev/accept_source_route'
ns near sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/accept_source_route; echo 1 >/proc/sys/net/ipv4/conf/next/accept_source_route'
routed() { nsenter --net=/run/netns/near "$sonde" ping -c 1 -W 0.3 "$@" </dev/null | grep -q '^64 bytes from 198.18.2.2'; }
ok "--route" routed --route 198.18.1.2 198.18.2.2
ok "--route with -r is strict" routed -r --route 198.18.1.2 198.18.2.2
here 0 -c 1 -R 198.18.1.2 <<'END'
PING 198.18.1.2 (198.18.1.2) 56(124) bytes of data.
64 bytes from 198.18.1.2: icmp_seq=1 ttl=64 time=T ms
RR: 	198.18.1.1
	198.18.1.2
	198.18.1.2
	198.18.1.1


--- 198.18.1.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
END

# This host is in the way: its firewall, and an interface that goes while the run goes on.
if command -v nft >/dev/null; then
	ns near nft 'add table ip f; add chain ip f o { type filter hook output priority 0; }; add rule ip f o ip daddr 198.18.2.2 drop'
	here 2 -c 2 -i 0.02 198.18.2.2 <<'END'
PING 198.18.2.2 (198.18.2.2) 56(84) bytes of data.
To 198.18.2.2 icmp_seq=1 Operation not permitted (not sent)
To 198.18.2.2 icmp_seq=2 Operation not permitted (not sent)

--- 198.18.2.2 ping statistics ---
0 packets transmitted, 0 received, +2 send errors

END
	ns near nft flush ruleset
fi

# Every option that goes with the rest, at once: none disturbs another.
all() {
	nsenter --net=/run/netns/near "$sonde" ping -3 -a -A -B -C -d -D -L -n -O -U -v -4 -c 3 -w 5 -W 1 -l 2 \
		-m 3 -M dont -p ff -Q 8 -s 100 -S 100000 -t 9 -e 5 --stats 198.18.2.2 </dev/null >"$scratch/out" 2>&1 &&
		[[ $(grep -c 'icmp_seq=[123] ident=5 ttl=63 time=[0-9]*\.[0-9]\{3\} ms'$'\a''$' "$scratch/out") == 3 ]] ||
		{ cat "$scratch/out" && return 1; }
}
ok "all at once" all

vanishing() {
	local status=0
	(sleep 0.5 && ns near ip link del next) &
	nsenter --net=/run/netns/near "$sonde" ping -c 6 -i 0.2 "$@" 198.18.2.2 </dev/null >"$scratch/out" 2>&1 ||
		status=$?
	wait $!
	[[ $status == 0 ]] && grep -qE '^[23] packets transmitted, [23] received, \+[34] send errors, 0% packet loss' "$scratch/out" &&
		[[ $(grep -c '(not sent)$' "$scratch/out") -ge 3 ]] || { cat "$scratch/out" && return 1; }
}
ok "the interface vanishes" vanishing

finish
