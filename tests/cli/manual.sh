#!/usr/bin/env bash
# The manual holds what it says: every option of a command stands in its page and no other does, and its
# EXAMPLES run.
# needs: netns mandoc jq
set -u
. tests/cli/lib.bash

ip addr add 198.51.100.1/32 dev lo
ip addr add 2001:db8::1/128 dev lo nodad
PATH=$scratch:$PATH

# "-c --count" a line, from the page's lists and from the program's own help.
page_options() {
	sed -nE 's/^\.It (Fl .*)/\1/p' "$1" | sed -E 's/ Ar .*//; s/Fl -/--/g; s/Fl /-/g; s/ , / /' | sort
}
help_options() {
	"$sonde" "$1" --help | sed -nE 's/^  +((-., )?--[a-z0-9-]+).*/\1/p' | sed 's/, / /' | sort
}
same_options() { diff -u <(page_options "man/sonde-$1.1") <(help_options "$1"); }

# The commands that stand behind a prompt in EXAMPLES, as a reader would copy them.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" | sed -nE 's/^\.Dl \$ //p' |
		sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/\\&//g'
}

for page in man/sonde-*.1; do
	command=${page#man/sonde-}
	command=${command%.1}
	ok "$command: options of the page and of --help" same_options "$command"
	count=0
	while IFS= read -r line; do
		count=$((count + 1))
		ok "$command: $line" bash -o pipefail -c "$line >/dev/null" </dev/null
	done < <(examples "$page")
	ok "$command: has examples" test "$count" -gt 0
done
finish
