#!/usr/bin/env bash
# ping.sh - sonde ping side by side with iputils ping and fping, over a veth pair, in turns.
#
#	tests/bench/ping.sh BUILD [PART...]      parts: idle loaded flood interval many simulated
#
# As root (or where user namespaces are permitted). The truth is a packet tap on the sender's end of
# the link: "error of the RTT" is the RTT a program told minus that between the two stamps the
# kernel gave its packets. Figures are medians over the turns; the aim stands behind each.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ ${SONDE_NETNS-} != 1 ]]; then
	exec tests/netns/enter "$0" "$@"
fi
. tests/netns/netns.sh
O=$1
shift
parts=("$@")
[[ $# -gt 0 ]] || parts=(idle loaded flood interval many simulated)
sonde=$O/sonde tap=$O/tests/bench/tap busy=$O/tests/bench/busy
turns=${TURNS:-3}
scratch=$(mktemp -d)
children=()
finish() {
	[[ ${#children[@]} -eq 0 ]] || kill "${children[@]}" 2>/dev/null || true
	rm -rf "$scratch"
}
trap finish EXIT
export LC_ALL=C

ns_add client target
ns_link client next target prev
ns_address client next 198.18.1.1/24
ns_address target prev 198.18.1.2/24
# The target answers for a whole range; the limits on its answers are off.
ns target ip route add local 198.19.0.0/16 dev lo
ns client ip route add 198.19.0.0/16 via 198.18.1.2
ns target sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000
ns client ping -q -c 2 -i 0.1 198.18.1.2 >/dev/null
mkfifo "$scratch/ready"

# tapped COMMAND...: runs it in the client; leaves what passed in $scratch/tap, its output in
# $scratch/out, and $wall and $cpu in seconds.
tapped() {
	local pid word
	# Not by ns: $! is to be the tap itself.
	nsenter --net=/run/netns/client "$tap" next "$scratch/tap" >"$scratch/ready" &
	pid=$!
	children+=("$pid")
	read -r word <"$scratch/ready"
	[[ $word == ready ]]
	timed "$@"
	sleep 0.2
	kill "$pid"
	wait "$pid"
	children=("${children[@]/$pid/}")
	grep -qx 'drops 0' "$scratch/tap" || echo "  (the tap itself lost packets: $(tail -n 1 "$scratch/tap"))"
}

timed() {
	local TIMEFORMAT='%R %U %S' user system
	{ time ns client "$@" >"$scratch/out" 2>"$scratch/err" || true; } 2>"$scratch/time"
	read -r wall user system <"$scratch/time"
	cpu=$(awk "BEGIN { print $user + $system }")
}

# Lines "SEQ RTT_US" of what a program told.
told_by_ping() { sed -n 's/.*icmp_seq=\([0-9]*\) .*time=\([0-9.]*\) ms$/\1 \2/p' "$scratch/out" | awk '{ print $1, $2 * 1000 }'; }
told_by_sonde() { jq -r 'select(.type == "reply") | "\(.seq) \(.rtt_ms * 1000)"' "$scratch/out"; }

# Differences in µs, one a line, between what was told (stdin) and what the tap saw.
rtt_errors() {
	awk '
		FNR == NR && $1 == ">" { sent[$5] = $2 % 1e13; next }
		FNR == NR && $1 == "<" { if (($5 in sent) && !($5 in rtt)) rtt[$5] = ($2 % 1e13 - sent[$5]) / 1000; next }
		FNR == NR { next }
		($1 in rtt) { d = $2 - rtt[$1]; printf "%.3f\n", d < 0 ? -d : d }
	' "$scratch/tap" -
}
quantile() { sort -g | awk -v q="$1" '{ v[NR] = $1 } END { if (NR == 0) print "nan"; else { i = int(q * NR + 0.999999); print v[i < 1 ? 1 : i] } }'; }
median() { printf '%s\n' "$@" | quantile 0.5; }
# row TEXT SONDE PEER UNIT AIM: AIM as "<= 2" or ">= 1.3" of sonde's figure, or "ratio >= 1.3".
row() {
	awk -v text="$1" -v a="$2" -v b="$3" -v unit="$4" -v aim="$5" 'BEGIN {
		ratio = b + 0 != 0 ? a / b : 0
		n = split(aim, word, " ")
		value = word[1] == "ratio" ? ratio : a
		met = word[n - 1] == "<=" ? value <= word[n] : value >= word[n]
		peer = b == "" ? "" : sprintf("%12.4g %-9s %9.3f", b, unit, ratio)
		printf "%-34s %12.4g %-9s %-33s %-14s %s\n", text, a, unit, peer, aim, a == "nan" ? "FAILED" : met ? "met" : "MISSED"
	}'
}
head_line() { printf '\n%-34s %-22s %-23s %-9s %-14s\n' "$1" "       sonde" "       $2" "ratio" "aim (sonde)"; }

accuracy() {
	local what=$1 turn load=
	local -A mid=() far=()
	if [[ $what == loaded ]]; then
		"$busy" &
		load=$!
		children+=("$load")
	fi
	for ((turn = 0; turn < turns; turn++)); do
		tapped "$sonde" ping --json -i 0.01 -c 400 198.18.1.2
		told_by_sonde | rtt_errors >"$scratch/errors"
		mid[sonde]+=" $(quantile 0.5 <"$scratch/errors")" far[sonde]+=" $(quantile 0.99 <"$scratch/errors")"
		tapped ping -i 0.01 -c 400 198.18.1.2
		told_by_ping | rtt_errors >"$scratch/errors"
		mid[ping]+=" $(quantile 0.5 <"$scratch/errors")" far[ping]+=" $(quantile 0.99 <"$scratch/errors")"
	done
	if [[ -n $load ]]; then
		kill "$load"
		wait "$load" 2>/dev/null || true
		children=("${children[@]/$load/}")
	fi
	head_line "RTT against the wire, $what" ping
	# shellcheck disable=SC2086
	row "error of the RTT, median" "$(median ${mid[sonde]})" "$(median ${mid[ping]})" µs "<= 2"
	# shellcheck disable=SC2086
	row "error of the RTT, p99" "$(median ${far[sonde]})" "$(median ${far[ping]})" µs "<= 5"
}

flood() {
	local turn sent received
	local -A rate=() loss=()
	for ((turn = 0; turn < turns; turn++)); do
		timed "$sonde" ping --json -q -f -w 3 198.18.1.2
		read -r sent received < <(jq -r 'select(.type == "summary") | "\(.sent) \(.received + .in_flight)"' "$scratch/out") || true
		rate[sonde]+=" $(awk "BEGIN { print ${received:-0} / $wall }")" loss[sonde]+=" $((${sent:-1} - ${received:-0}))"
		timed ping -q -f -w 3 198.18.1.2
		read -r sent received < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$scratch/out")
		rate[ping]+=" $(awk "BEGIN { print $received / $wall }")" loss[ping]+=" $((sent - received))"
	done
	head_line "flood of one host, 3 s" "ping -f"
	# shellcheck disable=SC2086
	row "replies a second" "$(median ${rate[sonde]})" "$(median ${rate[ping]})" /s "ratio >= 1.3"
	# shellcheck disable=SC2086
	row "lost" "$(median ${loss[sonde]})" "$(median ${loss[ping]})" packets "<= 0"
}

# Error of the mean interval in percent, by the tap.
interval_error() {
	awk -v want="$1" '$1 == ">" { if (!n++) first = $2; last = $2 } END {
		mean = n > 1 ? (last - first) / (n - 1) / 1e9 : 0
		e = 100 * (mean - want) / want; print (n > 1 ? (e < 0 ? -e : e) : "nan") }' "$scratch/tap"
}
interval() {
	local each=$1 count=$2 aim=$3 turn
	local -A error=() share=()
	for ((turn = 0; turn < turns; turn++)); do
		tapped "$sonde" ping -q -i "$each" -c "$count" 198.18.1.2
		error[sonde]+=" $(interval_error "$each")" share[sonde]+=" $(awk "BEGIN { print 100 * $cpu / $wall }")"
		tapped ping -q -i "$each" -c "$count" 198.18.1.2
		error[ping]+=" $(interval_error "$each")" share[ping]+=" $(awk "BEGIN { print 100 * $cpu / $wall }")"
	done
	head_line "-i $each" ping
	# shellcheck disable=SC2086
	row "mean interval is wrong by" "$(median ${error[sonde]})" "$(median ${error[ping]})" % "<= 1"
	# shellcheck disable=SC2086
	row "processor" "$(median ${share[sonde]})" "$(median ${share[ping]})" "% of one" "<= $aim"
}

# From the tap: p99 of |interval - 1 s| in ms, requests, and those of them nothing answered.
many_seen() {
	awk '
		$1 == ">" { sent++; if ($3 in last) { d = ($2 - last[$3]) / 1e6 - 1000; print d < 0 ? -d : d } last[$3] = $2 }
		$1 == "<" { back++ }
		END { print sent + 0, sent - back > "'"$scratch"'/counts" }
	' "$scratch/tap" | quantile 0.99
}
many() {
	local i p99 share wire unanswered lost
	local -A p=() s=() l=() n=()
	for ((i = 0; i < 10000; i++)); do echo "198.19.$((i / 250)).$((i % 250 + 1))"; done >"$scratch/targets"
	tapped "$sonde" ping --json -q -i 1 -c 20 --targets "$scratch/targets"
	p[sonde]=$(many_seen) s[sonde]=$(awk "BEGIN { print 100 * $cpu / $wall }")
	read -r n[sonde] unanswered <"$scratch/counts"
	lost=$(jq -n '[inputs | select(.type == "summary") | .lost] | add // 0' "$scratch/out")
	l[sonde]=$((lost - unanswered))
	tapped timeout --signal INT 20 fping -l -q -p 1000 -i 0 -f "$scratch/targets"
	p[fping]=$(many_seen) s[fping]=$(awk "BEGIN { print 100 * $cpu / $wall }")
	read -r n[fping] unanswered <"$scratch/counts"
	lost=$(sed -n 's|.*xmt/rcv/%loss = \([0-9]*\)/\([0-9]*\)/.*|\1 \2|p' "$scratch/err" "$scratch/out" | awk '{ l += $1 - $2 } END { print l + 0 }')
	l[fping]=$((lost - unanswered))
	head_line "10,000 targets, 1 a second, 20 s" "fping -l"
	row "probes on the wire" "${n[sonde]}" "${n[fping]}" packets ">= 200000"
	row "interval is wrong by, p99" "${p[sonde]}" "${p[fping]}" ms "<= 5"
	row "answered but told as lost" "${l[sonde]}" "${l[fping]}" packets "<= 0"
	row "processor" "${s[sonde]}" "${s[fping]}" "% of one" "<= 20"
}

simulated() {
	local program=$O/tests/bench/bench_sim
	if [[ ! -x $program ]]; then
		printf '\none million simulated probes: %s is not built\n' "$program"
		return
	fi
	head_line "a million simulated probes, 10 hops" ""
	timed "$program"
	cat "$scratch/out"
	row "real time" "$wall" "" s "<= 1"
}

printf 'sonde, %s, %s; %s processors; medians of %s turns\n' "$(ping -V | head -n 1)" "$(fping -v | sed -n 's/^fping: Version/fping/p')" "$(nproc)" "$turns"
for part in "${parts[@]}"; do
	case $part in
	idle | loaded) accuracy "$part" ;;
	flood) flood ;;
	interval) interval 0.01 300 100 && interval 0.002 1500 10 ;;
	many) many ;;
	simulated) simulated ;;
	*) echo "no such part: $part" >&2 && exit 2 ;;
	esac
done
