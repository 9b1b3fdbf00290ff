#!/usr/bin/env bash
# The manual holds what it says: every option of a command stands in its page and no other does, and its
# EXAMPLES run and show what stands there.
# needs: netns mandoc jq
set -u
. tests/cli/lib.bash
. tests/netns/netns.sh

# The network of the examples: a host, its gateway, which is web.example as well; behind it a link with a
# small MTU, a network that swallows everything (db.example), and nothing else.
ns_add here gw
ns_link here uplink gw lan
ns_address here uplink 198.51.100.20/24 2001:db8::20/64
ns_address gw lan 198.51.100.1/24 198.51.100.7/24 2001:db8::1/64 2001:db8::7/64
ns here ip route add default via 198.51.100.1
ns gw sh -c '
	echo 1 >/proc/sys/net/ipv4/ip_forward
	ip route add blackhole 192.0.2.0/24
	ip link add narrow type veth peer name beyond
	ip link set narrow up mtu 1400
	ip route add 203.0.113.128/25 dev narrow'
printf '%s\n' '198.51.100.1 gw.example' '198.51.100.7 web.example' '2001:db8::7 web6.example' \
	'192.0.2.9 db.example' >>/etc/hosts
PATH=$scratch:$PATH

# "-c --count" a line, from the page's lists and from the program's own help.
page_options() {
	sed -nE 's/^\.It (Fl .*)/\1/p' "$1" | sed -E 's/ Ar .*//; s/Fl -/--/g; s/Fl /-/g; s/ , / /' | sort
}
help_options() {
	"$sonde" "$1" --help | sed -nE 's/^  +((-., )?--[a-z0-9-]+).*/\1/p' | sed 's/, / /' | sort
}
same_options() { diff -u <(page_options "man/sonde-$1.1") <(help_options "$1"); }

# Each option that takes an argument stands in the page with the argument that --help names.
page_arguments() {
	sed -nE 's/^\.It Fl (. , Fl )?-([a-z0-9-]+) Ar (.*)/\2 \3/p' "$1" | tr -d ' ' | sort
}
help_arguments() {
	"$sonde" "$1" --help | sed -nE 's/^  +(-., )?--([a-z0-9-]+) ([A-Z|,.]+) .*/\2 \3/p' | tr 'A-Z' 'a-z' |
		tr -d ' ' | sort
}
same_arguments() { diff -u <(page_arguments "man/sonde-$1.1") <(help_arguments "$1"); }

# Puts each example into a directory: command, and what it shows where the page tells.
examples() {
	rm -rf "$scratch/examples"
	mkdir "$scratch/examples"
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" | sed -e 's/\\(dq/"/g' -e 's/\\e/\\/g' -e 's/\\&//g' |
		awk -v to="$scratch/examples/" '
			/^\.Dl \$ / { n++; print substr($0, 7) >(to n ".command") }
			/^\.Bd / { inside = 1; next }
			/^\.Ed/ { inside = 0 }
			inside && /^\$ / { n++; print substr($0, 3) >(to n ".command"); next }
			inside && /^> / { print substr($0, 3) >(to n ".command"); next }
			inside { print >(to n ".shows") }'
}
run_example() {
	local status=0
	nsenter --net=/run/netns/here bash -o pipefail "$1.command" >"$1.out" 2>&1 </dev/null || status=$?
	if [[ -e $1.shows ]]; then
		diff -u <(mask <"$1.shows") <(mask <"$1.out")
	else
		[[ $status == 0 ]] || { cat "$1.out" && return 1; }
	fi
}

for page in man/sonde-*.1; do
	command=${page#man/sonde-}
	command=${command%.1}
	ok "$command: options of the page and of --help" same_options "$command"
	ok "$command: arguments of the page and of --help" same_arguments "$command"
	examples "$page"
	count=0
	for example in "$scratch"/examples/*.command; do
		[[ -e $example ]] || continue
		count=$((count + 1))
		ok "$command: $(head -n 1 "$example")" run_example "${example%.command}"
	done
	ok "$command: has examples" test "$count" -gt 0
done

# Every command stands in sonde(1).
same_commands() {
	diff -u <("$sonde" | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort) \
		<(sed -nE 's/^\.It Cm ([a-z]+).*/\1/p' man/sonde.1 | sort)
}
ok "commands of the page and of the program" same_commands

# `sonde help`: the page where man finds it, else the options. Nothing of PATH is run.
cat >"$scratch/man" <<'END'
#!/bin/sh
echo "the man of PATH"
END
chmod +x "$scratch/man"
mkdir -p "$scratch/pages/man1" "$scratch/none"
cp man/*.1 "$scratch/pages/man1/"
help_shows() { MANPATH=$scratch/$1 MANPAGER=cat MANWIDTH=80 "$sonde" help "${@:3}" 2>&1 </dev/null | grep -q -- "$2"; }
ok "help without a page" help_shows none '^Usage: sonde ping' ping
ok "help alone" help_shows none '^  ping  *Say whether'
if [[ -x /usr/bin/man ]]; then
	ok "help opens the page" help_shows pages '^SONDE-PING(1)' ping
	ok "help of a small command opens sonde(1)" help_shows pages '^SONDE(1)' version
fi

finish
