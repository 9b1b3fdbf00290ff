#!/usr/bin/env bash
# The zsh completion, typed into a zsh on a terminal of its own.
# needs: plain zsh
set -u
. tests/cli/lib.bash

"$sonde" completion zsh >"$scratch/_sonde"
ok "parses" zsh -n "$scratch/_sonde"

cat >"$scratch/type" <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; cd ${1:h}; autoload -Uz compinit; compinit -u -D; source $1; setopt no_list_beep; bindkey '^I' complete-word; stty -echo; print READY"
zpty -r z out '*READY*'
zpty -w -n z "$2"$'\t'
sleep 1
zpty -w -n z $'\C-a'"print -r -- '<"$'\C-e'">'"$'\n'
zpty -r z out '*>*>*'
print -r -- "$out"
END

# types WANT LINE: what the line has become, or is among what it lists.
types() {
	local got
	got=$(timeout 20 zsh -f "$scratch/type" "$scratch/_sonde" "$2" | tr -d '\r' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g')
	grep -qF -- "$1" <<<"$got" || { echo "# $got" && return 1; }
}
ok "a command" types "sonde completion" "sonde comp"
ok "long options" types "--interval   -- from one probe" "sonde ping --inter"
ok "a command behind a record" types "sonde --record x completion" "sonde --record x comp"
ok "its options" types "--interval   -- from one probe" "sonde --anonymise --record=x ping --inter"
ok "a choice" types "sonde ping -M probe" "sonde ping -M pr"
ok "a choice behind =" types "sonde ping --pmtu=probe" "sonde ping --pmtu=pr"
ok "a shell" types "sonde completion fish" "sonde completion f"
ok "a command for help" types "sonde help ping" "sonde help p"
ok "a file" types "sonde ping --targets=$scratch/sonde" "sonde ping --targets=$scratch/son"

finish
