# check.sh - what test scripts are written with; sourced by bash scripts that tests/run starts.
#
#	run COMMAND...            runs it; leaves $status, $out (stdout) and $err (stderr)
#	check NAME COMMAND...     a test: passed where the command succeeds; [[ ]] wants a string:
#	check NAME '[[ $out == *"3 received"* ]]'
#	finish                    the closing line and the exit status; the last line of a script
#
# $SONDE is the program, $O the build directory, $scratch a directory that goes away with the script.
# The working directory is the top of the source tree. Never set -e in a script that sources this.

set -uo pipefail
# A script of tests/netns that is run by hand goes into a namespace by itself: it changes links and routes.
if [[ ${SONDE_NETNS-} != 1 && $0 == */netns/* ]]; then
	export O=${O:-$PWD/build}
	export SONDE=${SONDE:-$O/sonde}
	exec tests/netns/enter "$0" "$@"
fi
passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run() {
	status=0
	"$@" >"$scratch/.out" 2>"$scratch/.err" || status=$?
	# The substitution drops bytes 0 and the last newline; tests of bytes read the files.
	out=$(tr -d '\0' <"$scratch/.out")
	err=$(tr -d '\0' <"$scratch/.err")
}

check() {
	local name=$1
	shift
	if [[ $# -eq 1 ]]; then set -- eval "$1"; fi
	if "$@"; then
		passed=$((passed + 1))
		return 0
	fi
	failed=$((failed + 1))
	printf 'not ok: %s\n  %s\n  status: %s\n' "$name" "$*" "${status-}"
	[[ -z ${out-} ]] || printf '%s\n' "$out" | sed 's/^/  out: /'
	[[ -z ${err-} ]] || printf '%s\n' "$err" | sed 's/^/  err: /'
	return 1
}

finish() {
	printf '%d passed, %d failed\n' "$passed" "$failed"
	[[ $failed -eq 0 && $passed -gt 0 ]]
	exit
}
