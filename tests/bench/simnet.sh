#!/usr/bin/env bash
# simnet.sh - how much simnet carries, and how true its delays are.
#
#	tests/bench/simnet.sh BUILD
#
# UDP through three routers to a host that echoes, 10 ms there and back, at several rates. A figure of
# a machine with other work on it says more of that work. Aims: 100,000 packets a second (50,000 there
# and as many back) on one core, nothing lost in here, 99 % of them less than 100 us late.
set -euo pipefail
cd "$(dirname "$0")/../.."
O=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/echo.topo" <<'END'
source me     198.18.0.1
router r1     198.18.1.1
router r2     198.18.2.1
router r3     198.18.3.1
host   target 198.18.9.9  udp 7
link me r1     delay 2500us
link r1 r2
link r2 r3
link r3 target delay 2500us
END
for line in "" --no-tun; do
	for rate in 100 1000 10000 50000 100000 0; do
		printf '%-8s %s a second: ' "${line:-tun}" "${rate/#0/all it can}"
		"$O/simnet" $line --stats "$scratch/echo.topo" -- "$O/tests/bench/blast" 198.18.9.9 7 "$rate" "${SECONDS_EACH:-2}" 2>&1 |
			tr '\n' ' ' | sed -E 's/simnet: //g; s/ ([0-9]+) max/ \1 ns max/; s/$/\n/'
	done
done
