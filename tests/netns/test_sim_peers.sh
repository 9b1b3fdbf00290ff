#!/usr/bin/env bash
# The model against programs that were not written here: Debian's ping, traceroute, tracepath and mtr walk
# topologies in simnet, and what they find is held against what the files say.
# needs: ping traceroute tracepath mtr jq awk
. tests/check.sh

simnet=$O/simnet
inside() { "$simnet" "$topo" -- "$@"; }

# levels FAMILY: what the topology says stands where, "HOP ADDRESS" for each node that can be HOP links
# from the source; "*" for one that is silent. Hidden ones do not count as hops.
levels() {
	awk -v form="$([[ $1 == 6 ]] && echo '^[0-9a-f]*:[0-9a-f:]*$' || echo '^[0-9]+[.][0-9.]+$')" '
	/^[[:space:]]*(#|$)/ { next }
	$1 == "source" || $1 == "router" || $1 == "host" {
		address[$2] = "*"
		for (i = 3; i <= NF; i++) if ($i ~ form) { address[$2] = $i; break }
		for (i = 3; i <= NF; i++) { if ($i == "silent") address[$2] = "*"; if ($i == "hidden") hidden[$2] = 1 }
		if ($1 == "source") at["0 " $2] = 1
	}
	$1 == "link" { link[++links] = $2 " " $3; if (/weight 0/) delete link[links] }
	END {
		for (round = 0; round < 64; round++)
			for (l = 1; l <= links; l++) {
				if (split(link[l], end, " ") != 2) continue
				for (hop = 0; hop < 64; hop++)
					if ((hop " " end[1]) in at) at[(hop + !(end[2] in hidden)) " " end[2]] = 1
			}
		for (place in at) {
			split(place, part, " ")
			if (part[1] > 0 && !(part[2] in hidden)) print part[1], address[part[2]]
		}
	}' "$topo" | sort -k 1,1n -k 2 -u
}

# The delays of all links, there and back, in ms: the RTT where there is one path.
round_trip() {
	awk '$1 == "link" {
		for (i = 4; i < NF; i++) if ($i == "delay") { unit = $(i + 1); sub(/^[0-9.]+/, "", unit); sum += $(i + 1) * (unit == "us" ? 0.001 : unit == "s" ? 1000 : 1) }
	} END { print 2 * sum }' "$topo"
}

# What each program found, in the same form.
by_traceroute() { inside traceroute -n -q 1 -w 3 -m 36 -N 8 "$@" | awk 'NR > 1 { print $1, $2 }'; }
by_tracepath() {
	# Who says that a packet is too large is not yet at that hop.
	inside tracepath -n -m 36 "$@" | awk '/^ *[0-9]+: / && !/ pmtu / { print $1 + 0, $2 == "no" ? "*" : $2 }' | uniq
}
by_mtr() {
	inside mtr -r -n -j -c 4 -i 0.1 -G 1 -m 36 "$@" |
		jq -r '.report.mtr, .report.hubs[] | select(.count) | "\(.count) \(if .host == "???" then "*" else .host end)"'
}

# same NAME FOUND: each hop is where the topology has it, and none is missing.
same() {
	check "${topo##*/}: $1" test "$2" == "$(levels "$family")"
}
# among NAME FOUND: where there are several paths: each hop is one of those that may be there.
among() {
	check "${topo##*/}: $1 finds only what is there" test -z "$(grep -vxF "$(levels "$family")" <<<"$2")"
	check "${topo##*/}: $1 gets to the target" test "$(tail -n 1 <<<"$2" | cut -d ' ' -f 2)" == "$target"
}

# walk NAME COMMAND...: side by side; compare BY then judges what each has found. On a busy machine a peer may
# miss an answer that is in the capture: a walk with another number of stars than the topology has silent nodes
# is gone again, alone, up to twice. A hop that is wrong, and one that is missing each time, stays so.
names=() families=() commands=()
walk() {
	names+=("$1") families+=("$family") commands+=("$(printf '%q ' "${@:2}")")
	"${@:2}" >"$scratch/walk.${#names[@]}" &
}
stars() { grep -c '\*' <<<"$1"; }
compare() {
	local i again found
	wait
	for i in "${!names[@]}"; do
		towards "${families[i]}"
		found=$(cat "$scratch/walk.$((i + 1))")
		for again in 1 2; do
			[[ $(stars "$found") != "$(stars "$(levels "$family")")" ]] || break
			found=$(eval "${commands[i]}")
		done
		"$1" "${names[i]}" "$found"
	done
	names=() families=() commands=()
}

# told WORDS COMMAND...: $out is what it says. On a busy machine iputils ping may end without having read the
# error that its kernel holds for it (a capture shows it there): up to three times, each in a network of its own.
told() {
	local i
	for i in 1 2 3; do
		out=$(inside "${@:2}" 2>&1)
		[[ $out != *"$1"* ]] || return 0
	done
}

targets() {
	topo=$1 t4=${2:-198.18.9.9} t6=${3:-2001:db8:9::9}
}
towards() {
	family=$1 target=$t4
	[[ $family == 4 ]] || target=$t6
}
each_family() {
	towards 4
	"$@"
	towards 6
	"$@"
}

# --- one path: all hops, by all means ---
all_hops() {
	walk "traceroute -$family, UDP" by_traceroute "$target"
	walk "traceroute -$family, ICMP" by_traceroute -I "$target"
	walk "traceroute -$family, TCP" by_traceroute -T -p 80 "$target"
	walk "tracepath -$family" by_tracepath "$target"
	walk "mtr -$family" by_mtr "$target"
}
targets tests/topo/clean.topo
each_family all_hops
compare same
targets tests/topo/mpls.topo
each_family all_hops
compare same
targets tests/topo/thirty-hops.topo 198.18.99.9 2001:db8:99::9
each_family all_hops
compare same

targets tests/topo/silent-hops.topo
each_family all_hops
compare same

# --- many paths ---
some_hops() {
	walk "traceroute -$family, UDP" by_traceroute "$target"
	walk "traceroute -$family, ICMP" by_traceroute -I "$target"
	walk "traceroute -$family, TCP" by_traceroute -T -p 443 "$target"
	walk "tracepath -$family" by_tracepath "$target"
}
targets tests/topo/balanced-4x4.topo
each_family some_hops
compare among
# By the ports that classic traceroute changes from probe to probe, more than one path shows: ten probes that
# all saw the same router of four would be a chance of one in 260,000.
check "many probes see many routers" test "$(inside traceroute -n -q 10 -f 2 -m 2 $t4 | grep -o '198\.18\.2\.[1-4]' | sort -u | wc -l)" -gt 1
check "an ICMP flow sees one" test "$(inside traceroute -n -I -q 1 -f 2 -m 5 $t4 | tail -n +2 | wc -l)" == 4
targets tests/topo/diamond.topo
each_family some_hops
compare among

# --- loss and delay ---
no_loss() {
	local want out
	want=$(round_trip)
	out=$(inside ping -nqc 10 -i 0.02 "$target")
	check "${topo##*/}: ping -$family loses nothing" '[[ $out == *"10 packets transmitted, 10 received, 0% packet loss"* ]]'
	# Never early; how late depends on the machine.
	check "${topo##*/}: ping -$family takes the time of the links, $want ms" \
		awk -v want="$want" -F '[/ ]' '/^rtt/ { ok = $7 >= want && $7 < want + 2 } END { exit !ok }' <<<"$out"
	# mtr calls lost what it had no time to read: it gets three runs to find none.
	for _ in 1 2 3; do
		out=$(inside mtr -r -n -j -c 5 -i 0.05 -G 1 "$target" | jq '[.report.hubs[]["Loss%"]] | max')
		[[ $out != 0 ]] || break
	done
	check "${topo##*/}: mtr -$family sees no loss" test "$out" == 0
}
targets tests/topo/clean.topo
each_family no_loss
targets tests/topo/mpls.topo
each_family no_loss
targets tests/topo/nat.topo
each_family no_loss
topo=tests/topo/satellite.topo
out=$(inside ping -nqc 2 -i 0.1 198.18.99.9)
check "satellite: ping waits" awk -v want="$(round_trip)" -F '[/ ]' '/^rtt/ { ok = $7 >= want && $7 < want + 2 } END { exit !ok }' <<<"$out"
# 64 of 400 are expected to miss (loss of 16 % there and back); five standard deviations are 37.
cat >"$scratch/lossy.topo" <<'END'
source me 198.18.0.1
router r 198.18.1.1
host target 198.18.9.9
link me r loss 5% back-loss 3%
link r target loss 4.5% duplicate 10%
END
topo=$scratch/lossy.topo
out=$(inside ping -nqc 400 -i 0.005 -W 0.2 198.18.9.9)
lost=$(sed -n 's/^400 packets transmitted, \([0-9]*\) received.*/\1/p' <<<"$out")
check "loss is as stated (${lost:-?} of 400 back)" test "$((lost > 299 && lost < 373))" == 1
check "so are duplicates" '[[ $out =~ \+([0-9]+)\ duplicates && ${BASH_REMATCH[1]} -gt 20 && ${BASH_REMATCH[1]} -lt 130 ]]'
topo=tests/topo/ratelimited.topo
out=$(inside traceroute -n -q 10 -N 10 -w 1 -m 1 198.18.9.9)
check "limits: Linux says six" test "$(grep -o ' ms' <<<"$out" | wc -l)" == 6
out=$(inside ping -nqc 10 -l 10 -W 1 198.18.9.9)
check "limits: five echo replies" '[[ $out == *" 5 received"* ]]'

# --- what does not fit ---
path_mtu() {
	local out
	out=$(inside tracepath -n "$target")
	check "${topo##*/}: tracepath -$family finds the MTU" '[[ $out == *"Resume: pmtu '"$1"' hops '"$2"' back '"$2"'"* ]]'
}
targets tests/topo/mpls.topo
each_family path_mtu 1492 5
targets tests/topo/clean.topo
each_family path_mtu 1500 5
targets tests/topo/blackhole.topo
out=$(inside tracepath -n -m 4 $t4)
check "blackhole: tracepath falls in behind the last that speaks" \
	'[[ $out == *"198.18.1.1"*"pmtu 1492"*"198.18.2.1"*"3:  no reply"*"Resume: pmtu 1492"* ]]'
told "mtu = 1492" ping -nc 1 -W 1 -M do -s 1472 $t4
check "blackhole: ping -M do is told 1492" '[[ $out == *"From 198.18.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1492)"* ]]'
told "mtu=1492" ping -nc 1 -W 1 -M do -s 1452 $t6
check "blackhole: and so over IPv6" '[[ $out == *"From 2001:db8:1::1 icmp_seq=1 Packet too big: mtu=1492"* ]]'
out=$(inside ping -nc 1 -W 0.3 -M do -s 1400 $t4 2>&1)
check "blackhole: between 1400 and 1492, silence" '[[ $out == *"1 packets transmitted, 0 received, 100% packet loss"* ]]'
out=$(inside ping -nc 1 -W 1 -M do -s 1272 $t4 2>&1)
check "blackhole: 1300 there and back" '[[ $out == *" 1 received"* ]]'
targets tests/topo/clean.topo
out=$(inside ping -nc 1 -W 1 -M dont -s 20000 $t4)
check "clean: 20,000 bytes in fragments" '[[ $out == *"20008 bytes from 198.18.9.9"* ]]'
out=$(inside ping -nc 1 -W 1 -s 20000 $t6)
check "clean: over IPv6 too" '[[ $out == *"20008 bytes from 2001:db8:9::9"* ]]'

# --- what is refused ---
wall() {
	cat >"$scratch/wall.topo" <<END
source me      198.18.0.1  2001:db8::1
router r1      198.18.1.1  2001:db8:1::1
router wall    198.18.2.1  2001:db8:2::1  unreachable $1/$2
host   target  198.18.9.9  2001:db8:9::9
link me r1 delay 1ms
link r1 wall delay 1ms
link wall target
END
	targets "$scratch/wall.topo"
}
# refused CODE CODE6 MARK MARK6 WORDS WORDS6
refused() {
	local marks=("$3" "$4") words=("$5" "$6") found
	wall "$1" "$2"
	for family in 4 6; do
		towards $family
		found=$(inside traceroute -n -q 1 -w 1 "$target" | tail -n 1)
		check "unreachable: traceroute -$family marks ${marks[family == 6]}" '[[ $found == *" ${marks[family == 6]}" ]]'
		told "${words[family == 6]}" ping -nc 1 -W 1 "$target"
		found=$(grep ^From <<<"$out")
		check "unreachable: ping -$family says ${words[family == 6]}" '[[ $found == *"icmp_seq=1 ${words[family == 6]}" ]]'
	done
}
refused 0 0 '!N' '!N' "Destination Net Unreachable" "Destination unreachable: No route"
refused 1 3 '!H' '!H' "Destination Host Unreachable" "Destination unreachable: Address unreachable"
refused 13 1 '!X' '!X' "Packet filtered" "Destination unreachable: Administratively prohibited"

# --- faults on the way ---
targets tests/topo/loop.topo
found=$(by_traceroute -m 8 $t4)
check "loop: back and forth" test "$(cut -d ' ' -f 2 <<<"$found" | cut -d . -f 3 | tr '\n' ' ')" == "1 2 3 2 3 2 3 2 "
told "Time to live exceeded" ping -nc 1 -W 1 $t4
check "loop: ping hears of the end of it" '[[ $out == *"icmp_seq=1 Time to live exceeded"* ]]'
targets tests/topo/mpls.topo
out=$(inside traceroute -n -e -q 1 -I $t4)
check "mpls: traceroute -e reads the stacks" '[[ $out == *" 2  198.18.2.1 <MPLS:L=24001,E=0,S=1,T=1>"*" 3  198.18.2.2 <MPLS:L=24002,E=0,S=0,T=1/L=24100,E=0,S=1,T=2;"* ]]'
cat >"$scratch/ttl.topo" <<'END'
source me 198.18.0.1
router zero 198.18.1.1 zero-ttl
router ttl 198.18.2.1 ttl 255 back-hops 3
host target 198.18.9.9 ttl 128 no-silent
link me zero
link zero ttl
link ttl target
END
topo=$scratch/ttl.topo
# A router that forwards TTL 0 is not seen, the next one twice.
check "zero-ttl: the next hop twice" test "$(by_traceroute 198.18.9.9 | tr '\n' ' ')" == "1 198.18.2.1 2 198.18.2.1 3 198.18.9.9 "
out=$(inside ping -nc 1 198.18.9.9)
check "the TTL of a reply tells the way back" '[[ $out == *" ttl=126 "* ]]'
out=$(inside ping -nc 1 198.18.2.1)
check "which may be longer" '[[ $out == *" ttl=251 "* ]]'
finish
