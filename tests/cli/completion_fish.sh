#!/usr/bin/env bash
# The fish completion, as fish itself answers it.
# needs: plain fish
set -u
. tests/cli/lib.bash
export HOME=$scratch XDG_CONFIG_HOME=$scratch XDG_DATA_HOME=$scratch

"$sonde" completion fish >"$scratch/fish"
ok "parses" fish --no-execute "$scratch/fish"

# offers "WORDS" "LINE"
offers() {
	local got
	got=$(fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$scratch/fish" "$2" | cut -f 1 | sort | tr '\n' ' ')
	[[ $got == "$1 " ]] || { echo "# offered: $got" && return 1; }
}
ok "commands" offers "completion help ping version" "sonde "
ok "a command" offers "ping" "sonde pi"
ok "long options" offers "--interface --interval" "sonde ping --inte"
ok "a file to record into" offers "$scratch/sonde" "sonde --record $scratch/son"
ok "a command behind it" offers "ping" "sonde --record x pi"
ok "a command behind =" offers "ping" "sonde --record=x --anonymise pi"
ok "its options" offers "--interface --interval" "sonde --anonymise --record x ping --inte"
ok "choices" offers "do dont" "sonde ping -M d"
ok "choices behind =" offers "--pmtu=probe" "sonde ping --pmtu=p"
ok "interfaces" offers "lo" "sonde ping -I lo"
ok "files" offers "$scratch/sonde" "sonde ping --targets $scratch/son"
ok "shells" offers "bash fish zsh" "sonde completion "
ok "commands for help" offers "ping" "sonde help pi"
ok "a command's options are not another's" offers "--help" "sonde help --h"

finish
