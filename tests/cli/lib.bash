# lib.bash - what the tests of the command line share; sourced.
#
#	expect NAME STATUS COMMAND... <<'END'    runs it and compares; lines of standard error begin "! "
#	ok NAME CONDITION...                     a test that is a command's success
#	finish                                   the closing line, and the exit status
#
# Figures that differ from run to run are masked before the comparison: see mask. Standard output and
# error are compared each in its own order; those of error come last.

# Links, routes and name servers are changed in a namespace only: a script that wants one and is run by
# hand goes there by itself.
if [[ ${SONDE_NETNS-} != 1 ]] && grep -qE '^# needs:.*\bnetns\b' "$0"; then
	export SONDE=${SONDE:-build/sonde}
	exec tests/netns/enter "$0" "$@"
fi

passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The program under test, where everybody may run it and under the names it answers to.
install -m 755 "${SONDE:-build/sonde}" "$scratch/sonde"
chmod 755 "$scratch"
for name in ping ping4 ping6; do ln -s sonde "$scratch/$name"; done
sonde=$scratch/sonde

mask() {
	sed -E -e 's/time=[0-9.]+ ms/time=T ms/' -e 's/, time [0-9]+ms$/, time Tms/' \
		-e 's/ = [0-9.]+(\/[0-9.]+)+ ms/ = T ms/g' -e 's/ipg\/ewma [0-9.\/]+ ms/ipg\/ewma T ms/' \
		-e 's/, pipe [0-9]+//' -e 's/^\[[0-9]{10}\.[0-9]{6}\]/[STAMP]/' -e "s|$scratch/||g"
}

verdict() {
	if [[ $1 == 0 ]]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "FAIL $2"
	fi
}

expect() {
	local name=$1 status=$2 got=0 bad=0
	shift 2
	cat >"$scratch/want"
	timeout 20 "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || got=$?
	{ mask <"$scratch/out" && sed 's/^/! /' "$scratch/err" | mask; } >"$scratch/got"
	[[ $got == "$status" ]] || { bad=1 && echo "# exit status $got, not $status"; }
	diff -u --label want --label got "$scratch/want" "$scratch/got" | sed 's/^/# /'
	cmp -s "$scratch/want" "$scratch/got" || bad=1
	verdict "$bad" "$name"
}

ok() {
	local name=$1 bad=0
	shift
	"$@" || bad=1
	[[ $bad == 0 ]] || echo "# failed: $*"
	verdict "$bad" "$name"
}

finish() {
	echo "$passed passed, $failed failed"
	[[ $failed == 0 && $passed -gt 0 ]]
	exit
}
