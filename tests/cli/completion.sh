#!/usr/bin/env bash
# The bash completion, as bash itself uses it.
# needs: plain
set -u
. tests/cli/lib.bash

"$sonde" completion bash >"$scratch/bash"
ok "parses" bash -n "$scratch/bash"
# shellcheck disable=SC1091
. "$scratch/bash"
ok "is registered" complete -p sonde >/dev/null

# offers "WORDS" "LINE": what is offered at the end of the line, split as bash splits it.
offers() {
	local want=$1 got
	read -ra COMP_WORDS <<<"${2//=/ = }"
	[[ $2 != *" " ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_sonde sonde 2>/dev/null
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
	[[ $got == "$want " || $want == "*" && ${#COMPREPLY[@]} -gt 0 ]] || { echo "# offered: $got" && return 1; }
}
ok "commands" offers "completion help ping version" "sonde "
ok "a command" offers "ping" "sonde p"
ok "options before a command" offers "--anonymise --help --record --replay --version -V -h" "sonde -"
ok "a file to record into" offers "$scratch/sonde" "sonde --record $scratch/son"
ok "a command behind it" offers "ping" "sonde --record x p"
ok "a command behind =" offers "ping" "sonde --record=x --anonymise p"
ok "its options" offers "--interface --interval" "sonde --anonymise --record x ping --inte"
ok "long options" offers "--interface --interval" "sonde ping --inte"
ok "options behind operands" offers "--interval" "sonde ping ::1 -c 3 --interv"
ok "choices of a letter" offers "do dont" "sonde ping -M d"
ok "choices behind =" offers "probe" "sonde ping --pmtu=p"
ok "all choices behind =" offers "do dont probe want" "sonde ping --pmtu="
ok "nothing for a number" offers "" "sonde ping -c "
ok "files" offers "$scratch/sonde" "sonde ping --targets $scratch/son"
ok "interfaces" offers "lo" "sonde ping -I lo"
ok "shells" offers "bash fish zsh" "sonde completion "
ok "commands for help" offers "ping" "sonde help pi"
ok "words of -N" offers "subject-fqdn= subject-ipv4= subject-ipv6= subject-name=" "sonde ping -N subject-"

# Each option of --help is offered, in all three shells.
each() {
	local shell=$1 script letters names word bad=0
	script=$("$sonde" completion "$shell")
	letters=$("$sonde" ping --help | sed -nE 's/^  -(.), --.*/\1/p')
	names=$("$sonde" ping --help | sed -nE 's/^  (-.,|   ) --([a-z0-9-]+).*/\2/p')
	[[ $(wc -w <<<"$letters") -ge 40 && $(wc -w <<<"$names") -ge 44 ]] || bad=1
	for word in $letters; do
		case $shell in
		bash) grep -q -- " -$word --" <<<"$script" ;;
		zsh) grep -q -- "{-$word+\?,--" <<<"$script" ;;
		fish) grep -q -- "__sonde_command ping' -s $word -l " <<<"$script" ;;
		esac || { bad=1 && echo "# -$word is not offered"; }
	done
	for word in $names; do
		case $shell in
		bash) grep -q -- " --$word[ ']" <<<"$script" ;;
		zsh) grep -q -- "--$word=\?[[}]" <<<"$script" ;;
		fish) grep -q -- " -l $word " <<<"$script" ;;
		esac || { bad=1 && echo "# --$word is not offered"; }
	done
	return $bad
}
for shell in bash zsh fish; do ok "every option, $shell" each $shell; done

finish
