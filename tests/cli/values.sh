#!/usr/bin/env bash
# What is typed wrong is said in one line on standard error, and the exit status is 2: a value of each
# option, options and commands that do not exist, what does not go together.
# needs: netns
set -u
. tests/cli/lib.bash

# refuse "ARGUMENTS" "COMPLAINT": the arguments of `sonde ping`, split at blanks; '' is an empty one.
refuse() {
	local words=() word
	for word in $1; do
		[[ $word != "''" ]] || word=
		words+=("$word")
	done
	expect "sonde ping $1" 2 "$sonde" ping "${words[@]}" <<<"! sonde ping: $2"
}

refuse "-c 0 ::1" "count is too small: 0"
refuse "-c -1 ::1" "count is too small: -1"
refuse "-c abc ::1" "count is not a number: abc"
refuse "-c '' ::1" "count is empty"
refuse "-c 1.5 ::1" "count is not a number: 1.5"
refuse "-c 99999999999999999999 ::1" "count is too large: 99999999999999999999"
refuse "-i -1 ::1" "interval is too small: -1"
refuse "-i abc ::1" "interval is not a number: abc"
refuse "-i nan ::1" "interval is not a number: nan"
refuse "-i inf ::1" "interval is not a number: inf"
refuse "-i '' ::1" "interval is empty"
refuse "-i 1e9 ::1" "interval is too large: 1e9"
refuse "-i 1e-12 ::1" "interval is too small: 1e-12"
refuse "-i 0,5 ::1" "interval is not a number: 0,5"
refuse "-w -1 ::1" "deadline is too small: -1"
refuse "-w x ::1" "deadline is not a number: x"
refuse "-w 1e10 ::1" "deadline is too large: 1e10"
refuse "-W -0.1 ::1" "timeout is too small: -0.1"
refuse "-W 5x ::1" "timeout is not a number: 5x"
refuse "-W 1e9 ::1" "timeout is too large: 1e9"
refuse "-l 0 ::1" "preload is too small: 0"
refuse "-l 65537 ::1" "preload is too large: 65537"
refuse "-s -1 ::1" "size is too small: -1"
refuse "-s 65528 ::1" "size is too large: 65528"
refuse "-4 -s 65508 localhost" "size is too large: 65508 (at most 65507)"
refuse "-R -s 65468 127.0.0.1" "size is too large: 65468 (at most 65467)"
refuse "-s 65508 127.0.0.1" "127.0.0.1: size is too large: 65508 (at most 65507)"
refuse "-t 0 ::1" "ttl is too small: 0"
refuse "-t 256 ::1" "ttl is too large: 256"
refuse "-Q 256 ::1" "tos is too large: 256"
refuse "-Q -1 ::1" "tos is too small: -1"
refuse "-Q '' ::1" "tos is empty"
refuse "-e 65536 ::1" "id is too large: 65536"
refuse "-m 4294967296 ::1" "mark is too large: 4294967296"
refuse "-F 0x100000 ::1" "flow label is too large: 0x100000"
refuse "-F abc ::1" "flow label is not a number: abc"
refuse "-S 0 ::1" "send buffer is too small: 0"
refuse "-S 2147483648 ::1" "send buffer is too large: 2147483648"
refuse "-p xyz ::1" "pattern is not hexadecimal: xyz"
refuse "-p '' ::1" "pattern is empty"
refuse "-p 0123456789abcdef0123456789abcdef0 ::1" \
	"pattern is longer than 16 bytes: 0123456789abcdef0123456789abcdef0"
refuse "-M foo ::1" "pmtu is none of want, dont, do, probe: foo"
refuse "-M '' ::1" "pmtu is empty"
refuse "-T foo 127.0.0.1" "ip timestamp is none of tsonly, tsandaddr, tsprespec=ADDR,...: foo"
refuse "-T tsprespec= 127.0.0.1" "ip timestamp hop is empty"
refuse "-T tsprespec=1.2.3.4,x 127.0.0.1" "ip timestamp hop is not an IPv4 address: x"
refuse "-T tsprespec=198.18.0.1,198.18.0.2,198.18.0.3,198.18.0.4,198.18.0.5 127.0.0.1" \
	"ip timestamp hop is one too many: 198.18.0.5"
refuse "--route 2001:db8::1 127.0.0.1" "route hop is not an IPv4 address: 2001:db8::1"
refuse "--route 198.18.0.1,,198.18.0.2 127.0.0.1" "route hop is empty"
refuse "-N foo ::1" "node info is not known (see -N help): foo"
refuse "-N '' ::1" "node info is empty"
refuse "-N ipv4 -N ipv6 ::1" "node info is a second question: ipv6"
refuse "-N subject-ipv6=1.2.3.4 ::1" "node info subject cannot be asked about: 1.2.3.4"
refuse "-N subject-name= ::1" "node info subject is empty"
refuse "-I '' ::1" "interface is empty"
refuse "-I 1::zz ::1" "source is not an IPv6 address: 1::zz"
refuse "-I fe80::1%nope ::1" "source is not an IPv6 address: fe80::1%nope"
refuse "-I interface-of-a-name-too-long ::1" "interface is too long: interface-of-a-name-too-long"
refuse "-I nope0 ::1" "interface nope0: No such device"
refuse "-I 198.51.100.7 127.0.0.1" "source is not an address of this host: 198.51.100.7"
refuse "-I 2001:db8::7 ::1" "source is not an address of this host: 2001:db8::7"
refuse "--targets ''" "targets is empty"
refuse "--targets /nonexistent/list" "/nonexistent/list: No such file or directory"
refuse "--targets /dev/null" "no host in the list"

refuse "-4 -6 localhost" "-4 and -6 do not go together"
refuse "-R -6 ::1" "-R and -6 do not go together"
refuse "-b -F 1 ::1" "-b and -F do not go together"
refuse "-R -T tsonly 127.0.0.1" "only one of -R, -T and --route fits into a header"
refuse "-T tsonly --route 127.0.0.1 127.0.0.1" "only one of -R, -T and --route fits into a header"
refuse "-6 127.0.0.1" "127.0.0.1: Address family for hostname not supported"
refuse "-4 ::1" "::1: Address family for hostname not supported"
for option in -R -b "-T tsonly" "--route 127.0.0.1"; do
	refuse "$option ::1" "::1: Address family for hostname not supported (${option%% *} wants IPv4)"
done
refuse "-I 127.0.0.1 ::1" "::1: Address family for hostname not supported (-I with an IPv4 address wants IPv4)"
refuse "-F 1 127.0.0.1" "127.0.0.1: Address family for hostname not supported (-F wants IPv6)"
refuse "-R -4 ::1" "::1: Address family for hostname not supported"
refuse "fe80::1" "fe80::1: a link-local address needs its interface, as in fe80::1%eth0"
refuse "''" "host is empty"
refuse "-C ::1 127.0.0.1" "-C connects to one host and hears no other"

refuse "-Z ::1" "unknown option: -Z"
refuse "-c" "option -c needs an argument: N"
refuse "--interval" "option --interval needs an argument: TIME"
refuse "--flood=yes ::1" "option --flood takes no argument"
refuse "--cuont 3 ::1" "unknown option: --cuont (did you mean --count?)"
refuse "--intervall=3 ::1" "unknown option: --intervall (did you mean --interval?)"
refuse "--no ::1" "ambiguous option: --no (--node-info, --no-loop, --no-sandbox)"
refuse "--zzzzz ::1" "unknown option: --zzzzz"
refuse "" "no host given (--help lists the options)"

expect "sonde pnig" 2 "$sonde" pnig <<<"! sonde: unknown command: pnig (did you mean ping?)"
expect "sonde xyzzy" 2 "$sonde" xyzzy <<<"! sonde: unknown command: xyzzy ('sonde help' lists them)"
expect "sonde --vresion" 2 "$sonde" --vresion \
	<<<"! sonde: unknown option: --vresion (did you mean --version?)"
expect "sonde help xyzzy" 2 "$sonde" help xyzzy \
	<<<"! sonde help: unknown command: xyzzy ('sonde help' lists them)"
expect "sonde completion" 2 "$sonde" completion \
	<<<"! sonde completion: one shell is needed: bash, zsh or fish"
expect "sonde completion tcsh" 2 "$sonde" completion tcsh \
	<<<"! sonde completion: shell is none of bash, zsh, fish: tcsh"
expect "sonde version x" 2 "$sonde" version x <<<"! sonde version: unexpected argument: x"

# By another name, that name begins the message, and 4 and 6 mean a family.
expect "ping -c x" 2 "$scratch/ping" -c x ::1 <<<"! ping: count is not a number: x"
expect "ping6 127.0.0.1" 2 "$scratch/ping6" 127.0.0.1 \
	<<<"! ping6: 127.0.0.1: Address family for hostname not supported"
expect "ping4 ::1" 2 "$scratch/ping4" ::1 <<<"! ping4: ::1: Address family for hostname not supported"
expect "ping4 -6" 2 "$scratch/ping4" -6 ::1 <<<"! ping4: -4 and -6 do not go together"

finish
