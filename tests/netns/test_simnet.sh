#!/usr/bin/env bash
# simnet keeps what it promises: the network it makes, exit statuses, signals, captures, nothing left behind.
# needs: ip ping tshark setpriv
. tests/check.sh

# Where everybody may run it.
install -m 755 "$O/simnet" "$scratch/simnet"
chmod 755 "$scratch"
simnet=$scratch/simnet
clean=tests/topo/clean.topo

# wait_for COMMAND...: up to 5 s for it to succeed.
wait_for() {
	local i
	for i in {1..250}; do
		! "$@" 2>/dev/null || return 0
		sleep 0.02
	done
	return 1
}

# --- the network ---
for tun in "" --no-tun; do
	run "$simnet" $tun $clean -- ip -o address show dev sim0
	check "addresses of the source $tun" '[[ $out == *"inet 198.18.0.1/32 "* && $out == *"inet6 2001:db8::1/128 "* ]]'
	check "and no other $tun" '[[ $(grep -c inet <<<"$out") == 2 ]]'
	run "$simnet" $tun $clean -- sh -c 'ip route show; ip -6 route show default; ip link show lo'
	check "default routes $tun" '[[ $(grep -c "^default dev sim0" <<<"$out") == 2 ]]'
	check "lo is up $tun" '[[ $out == *",UP"* ]]'
	run "$simnet" $tun $clean -- sh -c 'ping -nqc 3 -i 0.01 198.18.9.9 && ping -nqc 3 -i 0.01 2001:db8:9::9'
	check "both families $tun" '[[ $status == 0 && $(grep -c " 3 received, 0% packet loss" <<<"$out") == 2 ]]'
	run "$simnet" $tun $clean -- sh -c 'ping -nqc 1 -s 4000 198.18.9.9 && ping -nqc 1 -s 65507 198.18.9.9 && ping -nqc 1 -s 65487 2001:db8:9::9'
	check "fragments, of as much as a link can carry $tun" '[[ $status == 0 && $(grep -c " 1 received" <<<"$out") == 3 ]]'
	run "$simnet" $tun $clean -- sh -c 'ip address add 198.18.0.77/32 dev sim0; ping -nqc 3 -i 0.01 -W 0.2 -I 198.18.0.77 198.18.9.9; ping -nqc 1 198.18.9.9'
	check "another source than its own is nobody $tun" '[[ $status == 0 && $out == *" 0 received, 100%"*" 1 received"* ]]'
done
run "$simnet" $clean -- ping -nqc 1 198.18.77.7
check "an address nobody has" '[[ $status == 1 && $out == *"+1 errors"* ]]'
run "$simnet" $clean -- cat /proc/sys/net/ipv4/ping_group_range
check "ping sockets are allowed" '[[ $out =~ ^0[[:space:]]+(0|2147483647)$ ]]'
printf 'source me 198.18.0.1\nrouter r 198.18.1.1\nlink me r mtu 1300\n' >"$scratch/narrow.topo"
run "$simnet" "$scratch/narrow.topo" -- sh -c 'ip link show sim0; ip route show default'
check "the MTU of the first link" '[[ $out == *" mtu 1300 "* ]]'
run "$simnet" --no-tun "$scratch/narrow.topo" -- ping -nc 1 -M do -s 1300 198.18.1.1
check "the MTU of the first link --no-tun" '[[ $status == 1 && $err == *"mtu=1300"* ]]'
printf 'source me 198.18.0.1\nrouter r 198.18.1.1\nlink me r tunnel 24\n' >"$scratch/tunnel.topo"
run "$simnet" "$scratch/tunnel.topo" -- sh -c 'ip link show sim0; ip route show default'
check "less a tunnel's envelope" '[[ $out == *" mtu 1476 "* ]]'

# --- names ---
outside=$(cat /etc/resolv.conf)
run "$simnet" tests/topo/names.topo -- sh -c 'getent ahostsv4 target; getent ahostsv6 core.test; getent ahosts localhost'
check "the topology's names" '[[ $out == *"198.18.9.9"*"2001:db8:2::1"*"127.0.0.1"* || $out == *"198.18.9.9"*"2001:db8:2::1"*"::1"* ]]'
run "$simnet" tests/topo/names.topo -- getent hosts 198.18.2.1
check "and back" '[[ $out == *"core.test"* ]]'
run "$simnet" $clean -- cat /etc/resolv.conf
check "no resolver without one" test -z "$out"
check "outside nothing has changed" test "$(cat /etc/resolv.conf)" == "$outside"

# --- exit statuses and messages ---
statuses() {
	local want=$1
	shift
	run "$@"
	check "status $want: ${*:2}" test "$status" == "$want"
}
statuses 0 "$simnet" $clean true
statuses 7 "$simnet" $clean -- sh -c 'exit 7'
statuses 137 "$simnet" $clean -- sh -c 'kill -KILL $$'
statuses 127 env PATH=/usr/bin:/bin "$simnet" $clean nonexistent-command
check "and says so" test "$err" == "simnet: nonexistent-command: No such file or directory"
statuses 126 "$simnet" $clean /etc
statuses 125 "$simnet" "$scratch/none.topo" true
check "and says so" test "$err" == "simnet: $scratch/none.topo: No such file or directory"
printf 'source me 198.18.0.1\nrouter r 198.18.1.1 silnet\n' >"$scratch/bad.topo"
statuses 125 "$simnet" "$scratch/bad.topo" true
check "with line and column" '[[ $err == "simnet: $scratch/bad.topo:2:21: "* ]]'
printf 'source me 2001:db8::1\nrouter r 2001:db8:1::1\nlink me r mtu 1200\n' >"$scratch/bad.topo"
statuses 125 "$simnet" "$scratch/bad.topo" true
check "too small for IPv6" '[[ $err == *"MTU 1200, below 1280" ]]'
statuses 125 "$simnet" --pcap /nonexistent/file $clean true
statuses 125 "$simnet" --pcap /dev/full $clean true
statuses 125 "$simnet" --seed -1 $clean true
statuses 125 "$simnet" --frobnicate $clean true
statuses 125 "$simnet" $clean
statuses 125 "$simnet" $clean --shell true
statuses 0 "$simnet" --help
statuses 3 "$simnet" $clean --seed 5 sh -c 'exit 3' -- --pcap
statuses 4 "$simnet" --seed 0x10 -- $clean sh -c 'exit 4'
export SHELL=/bin/sh
run "$simnet" $clean --shell <<<'ip -o link show sim0; exit 9'
check "a shell" '[[ $status == 9 && $out == *sim0* ]]'
# Without the device, or the right to it, there is the other way; without namespaces, none.
if [[ $(id -u) == 0 ]] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	stranger=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	cp $clean "$scratch/clean.topo"
	run "${stranger[@]}" "$simnet" "$scratch/clean.topo" -- sh -c 'id -u; ping -nqc 1 198.18.9.9'
	check "without root: root inside" '[[ $status == 0 && $out == 0$'\''\n'\''* ]]'
	run unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh \
		setpriv --bounding-set=-all --inh-caps=-all "$simnet" $clean true
	check "nor namespaces: says which" '[[ $status == 125 && $err == "simnet: making a user namespace, "* ]]'
fi

# --- signals ---
cat >"$scratch/trap.sh" <<'END'
for signal in HUP INT QUIT TERM USR1 USR2; do trap "echo $signal; exit 42" $signal; done
echo ready
while :; do sleep 0.01; done
END
for signal in HUP INT QUIT TERM USR1 USR2; do
	: >"$scratch/said"
	# A job of a script ignores SIGINT and SIGQUIT, unless it is one of a terminal's.
	(
		set -m
		exec "$simnet" $clean -- sh "$scratch/trap.sh" >"$scratch/said"
	) &
	pid=$!
	wait_for grep -q ready "$scratch/said"
	kill -$signal $pid
	status=0
	wait $pid || status=$?
	check "SIG$signal gets through" '[[ $status == 42 && $(tail -n 1 "$scratch/said") == '$signal' ]]'
done

# --- nothing is left ---
inside='setsid sleep 987 & sleep 986 & echo started; wait'
"$simnet" $clean -- sh -c "$inside" >"$scratch/said" &
pid=$!
wait_for grep -q started "$scratch/said"
# All descendants, as the outside knows them.
descendants() {
	local child
	for child in $(cat /proc/"$1"/task/"$1"/children); do
		echo "$child"
		descendants "$child"
	done
}
mapfile -t children < <(descendants $pid)
check "there are processes inside" test "${#children[@]}" -ge 4
kill -KILL $pid
wait $pid 2>/dev/null
all_gone() {
	local child
	for child in "${children[@]}"; do [[ ! -e /proc/$child ]] || return 1; done
}
check "killed, nothing of it lives" wait_for all_gone
run timeout 5 "$simnet" $clean -- sh -c 'setsid sleep 985 >/dev/null 2>&1 & exit 0'
check "what the command leaves behind goes with it" '[[ $status == 0 ]] && ! pgrep -xf "sleep 985" >/dev/null'
check "no interface is left" '! ip link show sim0 2>/dev/null'
run "$simnet" $clean -- sh -c 'ip link set sim0 down; ip link set sim0 up; ip link delete sim0; sleep 0.3'
check "an interface that goes is no harm" test "$status" == 0

# --- captures ---
run "$simnet" --pcap "$scratch/a.pcap" $clean -- sh -c 'ping -nqc 3 -i 0.2 198.18.9.9; ping -nqc 3 -i 0.2 2001:db8:9::9'
fields() { HOME=$scratch tshark -r "$scratch/a.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
	-T fields -E occurrence=f "$@" 2>/dev/null; }
check "both directions, both families" test "$(fields -e ip.src -e ipv6.src | tr -d '\t' | sort | uniq -c | tr -s ' \n' ' ')" == \
	" 3 198.18.0.1 3 198.18.9.9 3 2001:db8:9::9 3 2001:db8::1 "
check "bare IP, nanoseconds" '[[ $(od -An -tx1 -N4 "$scratch/a.pcap") == " a1 b2 3c 4d" && $(od -An -tx1 -j20 -N4 "$scratch/a.pcap") == " 00 00 00 65" ]]'
# 20 ms there and back; a laden machine is late, nobody is early.
check "times of the model" '[[ $(fields -e icmp.resptime | grep .) ]] && fields -e icmp.resptime | grep . | awk '\''{ bad += $1 < 20 } END { exit bad > 0 }'\'
now=$(date +%s)
check "wall-clock times" '(( $(fields -e frame.time_epoch | head -n 1 | cut -d. -f1) >= now - 60 && $(fields -e frame.time_epoch | head -n 1 | cut -d. -f1) <= now ))'
# What the kernel sends is whole: nothing is left for a network card to fill in.
for tun in "" --no-tun; do
	run "$simnet" $tun --pcap "$scratch/a.pcap" $clean -- bash -c 'exec 3<>/dev/tcp/198.18.9.9/80; echo hello >&3; echo x >/dev/udp/198.18.9.9/9; ping -nqc 1 -s 100 198.18.9.9'
	check "checksums are the kernel's own $tun" test "$(fields -Y 'ip.src == 198.18.0.1' -e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status -e icmp.checksum.status | tr '\t' '\n' | grep . | sort -u)" == 1
	check "for TCP, UDP and ICMP $tun" test "$(fields -Y 'ip.src == 198.18.0.1' -e ip.proto | sort -u | tr '\n' ' ')" == "1 17 6 "
done

# --- chances ---
printf 'source me 198.18.0.1\nrouter r 198.18.1.1\nlink me r loss 50%%\n' >"$scratch/lossy.topo"
fate() { "$simnet" "$@" "$scratch/lossy.topo" -- ping -nc 40 -i 0.01 -W 0.1 198.18.1.1 | grep -o 'icmp_seq=[0-9]*'; }
fate --seed 7 >"$scratch/1"
fate --seed 7 >"$scratch/2"
fate --seed 8 >"$scratch/3"
check "a seed decides" cmp "$scratch/1" "$scratch/2"
check "another one otherwise" '! cmp -s "$scratch/1" "$scratch/3"'
finish
