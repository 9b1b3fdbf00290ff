#!/usr/bin/env bash
# needs: plain netns pkg-config jq
# README.md keeps its word: blocks marked "sh test" run, each in a place of its own with the program
# and the library installed, and the C it shows is examples/ping.c.
. tests/check.sh

run "$MAKE" -s O="$O" PREFIX="$scratch/usr" LDCONFIG=: install
check "install succeeds" '[[ $status -eq 0 ]]'
compiler=$(command -v "$CC")
export PATH=$scratch/usr/bin:$PATH PKG_CONFIG_PATH=$scratch/usr/lib/pkgconfig LD_LIBRARY_PATH=$scratch/usr/lib
# "cc" is the compiler of this build; the library of an instrumented one wants what it was linked with.
extra=
grep -q -- -fsanitize "$O/flags" && extra=-fsanitize=address,undefined
grep -q -- --coverage "$O/flags" && extra=--coverage
printf '#!/bin/sh\nexec %s %s "$@"\n' "$compiler" "$extra" >"$scratch/usr/bin/cc"
chmod +x "$scratch/usr/bin/cc"
enter=$PWD/tests/netns/enter top=$PWD

awk -v to="$scratch/block" '
	/^```sh test$/ { inside = 1; number++; next }
	/^```/ { inside = 0 }
	inside { print > (to "." number) }
' README.md
for block in "$scratch"/block.*; do
	mkdir "$scratch/here"
	ln -s "$top/examples" "$scratch/here/examples"
	run env -C "$scratch/here" -u MAKEFLAGS "$enter" bash -euo pipefail "$block"
	check "$(head -n 1 "$block")" '[[ $status -eq 0 ]]'
	rm -r "$scratch/here"
done
check "README has commands to run" test -e "$scratch/block.1"
awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md >"$scratch/ping.c"
check "README shows examples/ping.c as it is" diff "$scratch/ping.c" examples/ping.c
finish
