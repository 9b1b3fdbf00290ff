#!/usr/bin/env bash
# --record and --replay: a replay prints what the run printed, byte for byte; an anonymous one is the same
# run with other names; what is no record, or another run, is said.
# needs: netns jq
set -u
. tests/cli/lib.bash

simnet=${O:-build}/simnet
cat >"$scratch/rough.topo" <<'END'
source me      198.18.0.1  2001:db8:7::1
router near    198.18.1.1  2001:db8:1::1
router far     198.18.2.1  2001:db8:2::1
host   names   198.18.5.3  dns
host   target  198.18.9.9  2001:db8:9::9
link me   near    delay 1ms
link near names   delay 30ms
link near far     delay 2ms  mtu 1400
link far  target  delay 3ms  loss 20%  jitter 8ms  duplicate 10%
END

# replayed ARGUMENT...: records the run, and plays it again; $status is that of the run.
replayed() {
	local again=0
	status=0
	"$simnet" "$scratch/rough.topo" -- "$sonde" --record "$scratch/record" ping -W 0.3 "$@" >"$scratch/run" 2>"$scratch/run.err" ||
		status=$?
	"$sonde" --replay "$scratch/record" >"$scratch/again" 2>"$scratch/again.err" || again=$?
	# What this machine had to say of itself (-v) is not the network's.
	grep -v 'sockets' "$scratch/run.err" >"$scratch/run.told"
	ok "the same, byte for byte: $*" cmp "$scratch/run" "$scratch/again"
	ok "and on standard error: $*" cmp "$scratch/run.told" "$scratch/again.err"
	ok "and the status, $status: $*" test "$again" == "$status"
}
replayed -c 20 -i 0.01 target.test
ok "with loss in it" grep -qE '[1-9][0-9]?% packet loss' "$scratch/again"
replayed -c 5 -i 0.02 -O -D -n 198.18.9.9
replayed -c 3 -i 0.05 target.test nowhere.test 198.18.77.7 2001:db8:9::9
ok "with a name that is not known" test "$status" == 2
replayed --json -c 5 -i 0.02 target nowhere.test 198.18.9.9
replayed -c 200 -f target.test
replayed -c 3 -i 0.05 -v -t 1 198.18.9.9
replayed -c 2 -i 0.05 -R -4 target.test
replayed -c 2 -i 0.05 -T tsandaddr 198.18.9.9
replayed -c 1 -M do -s 1400 198.18.9.9
replayed -c 1 -e 77 -v -p ff00 2001:db8:9::9
replayed -A -c 20 --stats -q 198.18.9.9
printf '198.18.9.9\ntarget.test # the same\n' >"$scratch/list"
replayed -c 1 --targets "$scratch/list"
# Signals end it, or ask how it goes.
cat >"$scratch/quit.sh" <<'END'
set -m
"$@" &
sleep 0.2
kill -QUIT $!
sleep 0.1
kill -INT $!
wait $!
END
"$simnet" "$scratch/rough.topo" -- bash "$scratch/quit.sh" "$sonde" --record "$scratch/record" ping -i 0.05 198.18.9.9 \
	>"$scratch/run" 2>"$scratch/run.err"
"$sonde" --replay - <"$scratch/record" >"$scratch/again" 2>"$scratch/again.err"
ok "signals are in it" cmp "$scratch/run" "$scratch/again"
ok "and what they showed" cmp "$scratch/run.err" "$scratch/again.err"
ok "which is something" grep -q 'loss' "$scratch/again.err"
ok "a record is its owner's" test "$(stat -c %a "$scratch/record")" == 600

# --- other names ---
anonymous() {
	local file
	"$simnet" "$scratch/rough.topo" -- "$sonde" --anonymise --record "$scratch/record" ping -W 0.3 "$@" >"$scratch/run" 2>/dev/null
	"$sonde" --replay "$scratch/record" >"$scratch/again" 2>/dev/null
	ok "as many lines: $*" test "$(wc -l <"$scratch/run")" == "$(wc -l <"$scratch/again")"
	ok "the same figures: $*" diff <(figures "$scratch/run") <(figures "$scratch/again")
	for file in record again; do
		ok "no name in the $file: $*" not grep -qE 'target\.test|nowhere|near\.test|hosts-of' "$scratch/$file"
		ok "no address in the $file: $*" not grep -qE '198\.18\.[0-9]+\.[0-9]+|2001:db8:[0-9]' "$scratch/$file"
		ok "nor in its bytes: $*" not grep -qiE 'c6120[0-9]0[0-9]|20010db8000[1-9]' "$scratch/$file"
	done
}
not() { ! "$@"; }
figures() { grep -oE 'icmp_seq=[0-9]+|ttl=[0-9]+|[0-9]+ received|min/avg.*' "$1"; }
anonymous -c 10 -i 0.01 target.test
ok "consistently" test "$(grep -oE 'host[0-9]+ \([^)]*\)' "$scratch/again" | sort -u | wc -l)" == 1
anonymous -c 2 -i 0.05 -t 1 -v target.test nowhere.test
anonymous -c 1 -M do -s 1380 198.18.9.9
anonymous -4 -c 3 -i 0.02 -R target.test
anonymous -c 3 -i 0.02 -T tsprespec=198.18.1.1,198.18.9.9 198.18.9.9
anonymous -c 1 -I 2001:db8:7::1 2001:db8:9::9
anonymous -c 1 -I2001:db8:7::1 2001:db8:9::9
anonymous -c 1 --interface=198.18.0.1 198.18.9.9
cp "$scratch/list" "$scratch/hosts-of-somebody"
anonymous -c 1 --targets "$scratch/hosts-of-somebody"
anonymous -c 1 --targets="$scratch/hosts-of-somebody"
anonymous -c 1 -N subject-name=nowhere.test 2001:db8:9::9

# --- what goes wrong ---
wrong() {
	local name=$1 message=$2 status=0
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	ok "$name: status 2" test "$status" == 2
	ok "$name: $message" grep -qF -- "$message" "$scratch/err"
	ok "$name: one line" test "$(wc -l <"$scratch/err")" == 1
}
wrong "nothing to record" "--record wants a command" "$sonde" --record "$scratch/x"
wrong "help is no run" "there is nothing to record of it" "$sonde" --record "$scratch/x" help
wrong "no such command" "unknown command: pnig (did you mean ping?)" "$sonde" --record "$scratch/x" pnig
wrong "alone" "--replay goes alone" "$sonde" --replay "$scratch/x" ping
wrong "anonymous what" "--anonymise goes with --record" "$sonde" --anonymise ping ::1
wrong "no directory" "/nonexistent/x: No such file or directory" "$sonde" --record /nonexistent/x ping -c 1 ::1
wrong "no file" "/nonexistent: No such file or directory" "$sonde" --replay /nonexistent
wrong "a full disk" "/dev/full: No space left on device" "$sonde" --record /dev/full ping -c 1 127.0.0.1
ok "a full disk: the run goes on" grep -q '1 received' "$scratch/out"
wrong "no record" "README.md: is no record of sonde" "$sonde" --replay README.md
wrong "nothing" "/dev/null: is no record of sonde" "$sonde" --replay /dev/null
"$sonde" --record "$scratch/good" ping -c 1 127.0.0.1 >"$scratch/good.out"
good() { sed "$@" "$scratch/good" >"$scratch/bad"; }
good '1s/ 1 / 2 /'
wrong "another format" ":1: a record of another format (2, of sonde " "$sonde" --replay "$scratch/bad"
good '2s/ping/pong/'
wrong "another command" "a command that this version cannot replay" "$sonde" --replay "$scratch/bad"
good '3s/-c/--cuont/'
wrong "another option" "unknown option: --cuont" "$sonde" --replay "$scratch/bad"
good '/^argument/d'
wrong "no command" "no command" "$sonde" --replay "$scratch/bad"
good '/^ping/d'
wrong "no beginning" "before the beginning" "$sonde" --replay "$scratch/bad"
good '/^ping/p'
wrong "two beginnings" "a second beginning" "$sonde" --replay "$scratch/bad"
good '/^target/p'
wrong "a target too many" "more targets than there were" "$sonde" --replay "$scratch/bad"
good 's/^world/word/'
wrong "a strange word" "before the beginning" "$sonde" --replay "$scratch/bad"
good 's/^sealed/saeled/'
wrong "another strange word" "a word that nobody knows" "$sonde" --replay "$scratch/bad"
good '/^reply/s/ttl=[0-9]*/ttl=x/'
wrong "no number" "no field of that name, or no value for it" "$sonde" --replay "$scratch/bad"
good '$d'
wrong "cut off" "the record ends before the run" "$sonde" --replay "$scratch/bad"
head -c -5 "$scratch/good" >"$scratch/bad"
wrong "cut off in a line" "the record ends before the run" "$sonde" --replay "$scratch/bad"
good 's/size=84/size=85/'
wrong "another run" "1 times this version does not do what was recorded" "$sonde" --replay "$scratch/bad"
ok "another run: printed all the same" cmp "$scratch/out" "$scratch/good.out"
good '/^poll.*done/s/[0-9][0-9]*/1/'
wrong "back in time" "time goes backwards" "$sonde" --replay "$scratch/bad"
# The line it is in stands before what is wrong.
good '/^reply/s/.*/&=/'
wrong "where" ":$(grep -n '^reply' "$scratch/good" | head -n 1 | cut -d: -f1): " "$sonde" --replay "$scratch/bad"

# The example of the manual page.
sed -n '/^sonde-record 1 /,/^\.Ed/p' man/sonde-record.5 | grep -v '^\.Ed' >"$scratch/example"
"$sonde" --replay "$scratch/example" >"$scratch/out"
ok "the manual's example: the target does not answer" test $? == 1
ok "the manual's example" cmp "$scratch/out" <(sed -n '/^PING /,/^\.Ed/p' man/sonde-record.5 | grep -v '^\.Ed')
# Every word that a record of these runs has stands in the page.
undocumented() {
	cat "$scratch"/record "$scratch"/good | grep -v '^argument' | grep -oE '^[a-z-]+|[a-z-]+=' | sort -u | tr -d = |
		while read -r word; do grep -qE "(^|[ ,])$word([ ,]|$)" man/sonde-record.5 || echo "$word"; done
}
ok "each word stands in the page" test -z "$(undocumented)"

# A replay sends nothing and needs no right to: as a user without any.
chmod 644 "$scratch/good"
if [[ $(id -u) == 0 ]] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	expect "anybody may" 0 setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'ulimit -c 0; "$1" --replay "$2" | cmp - "$3"' \
		sh "$sonde" "$scratch/good" "$scratch/good.out" </dev/null
fi
finish
