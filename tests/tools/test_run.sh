#!/usr/bin/env bash
# needs: plain
# The test runner: what it counts, and that nothing which goes wrong passes for right.
. tests/check.sh

script() {
	printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/$1"
	chmod +x "$scratch/$1"
}
runs() {
	run tests/run -t 1 "${@/#/$scratch/}"
	last=${out##*$'\n'}
}
script three 'echo "[  PASSED  ] 3 test(s)." >&2'
script two_one 'echo "[  PASSED  ] 2 test(s)."; echo "[  FAILED  ] 1 test(s), listed below:"; exit 1'
script own.sh 'echo "5 passed, 0 failed"'
script silent 'true'
script broken 'echo why; exit 3'
script liar 'echo "4 passed, 1 failed"'
script died 'echo "[  PASSED  ] 2 test(s)."; kill -SEGV $$'
script none 'echo "0 passed, 0 failed"'
script slow 'sleep 30 & echo $! >'"$scratch"'/pid; wait'
script poor.sh $'# needs: no-such-command\nexit 0'

runs three own.sh silent
check "sums cmocka's line, a script's line and a silent success" '[[ $status -eq 0 && $last == "9 passed, 0 failed" ]]'
runs two_one
check "a failed cmocka test fails the run" '[[ $status -eq 1 && $last == "2 passed, 1 failed" ]]'
runs three broken
check "a silent failure counts and is shown" '[[ $status -eq 1 && $last == "3 passed, 1 failed" && $out == *"| why"* ]]'
runs liar
check "a script that counts failures but exits 0 fails" '[[ $status -eq 1 && $last == "4 passed, 1 failed" ]]'
runs died
check "a test that dies after its closing line fails" '[[ $status -eq 1 && $last == "2 passed, 1 failed" ]]'
runs none
check "a test that holds nothing fails" '[[ $status -eq 1 && $last == "0 passed, 1 failed" ]]'
runs
check "a run of no tests fails" '[[ $status -eq 1 && $last == "0 passed, 0 failed" ]]'
runs slow three
check "a slow test is stopped" '[[ $status -eq 1 && $last == "3 passed, 1 failed" && $out == *"not done after 1 s"* ]]'
gone() {
	local try state
	for ((try = 0; try < 20; try++)); do
		state=$(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) || return 0
		[[ $state != Z ]] || return 0
		sleep 0.05
	done
	return 1
}
check "and what it started with it" gone "$(cat "$scratch/pid")"
runs poor.sh three
check "what cannot run is named with the reason" '[[ $status -eq 0 && $out == *"poor.sh: no-such-command is not installed"* && $last == "3 passed, 0 failed" ]]'
SONDE_TUN=$scratch/no-tun run tests/run "$O/tests/netns/test_hostile_run" "$scratch/three"
check "a program's source says what it needs" \
	'[[ $status -eq 0 && $out == *"netns/test_hostile_run: $scratch/no-tun is not there"* && $last == "3 passed, 0 failed" ]]'
finish
