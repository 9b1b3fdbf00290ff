#!/usr/bin/env bash
# needs: plain nm readelf
# What the built files show: the library's names and needs, hardening, and no state of its own.
. tests/check.sh

# Instrumented builds bring names and libraries of their compiler.
foreign='^(__|_?asan|_?ubsan|gcov)'
declared=$(sed -n 's/.*\b\(sonde_[a-z0-9_]*\)(.*/\1/p' include/sonde/*.h | grep -v '^sonde_.*_cb$' | LC_ALL=C sort -u)
dynamic() { nm -D --defined-only "$O/libsonde.so" | awk '{ print $3 }' | grep -vE "$foreign" | LC_ALL=C sort -u; }
static() { nm -g --defined-only "$O/libsonde.a" | awk 'NF == 3 { print $3 }' | grep -vE "$foreign" | LC_ALL=C sort -u; }
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' | grep -vE '^lib(asan|ubsan|gcov|gcc_s)' | LC_ALL=C sort | tr '\n' ' '; }

check "the header declares something" '[[ $(wc -w <<<"$declared") -gt 3 ]]'
check "libsonde.so exports what sonde.h declares, no more, no less" diff <(dynamic) <(cat <<<"$declared")
check "libsonde.a shows the same names" diff <(static) <(cat <<<"$declared")
check "libsonde.so has a version" '[[ $(readelf -d "$O/libsonde.so") =~ SONAME.*libsonde\.so\.[0-9]+\] ]]'
libraries=" $(needed "$O/libsonde.so")"
for library in libc libcap libm ld-linux-x86-64; do libraries=${libraries/ $library / }; done
check "libsonde.so needs libc and libcap alone" '[[ -z ${libraries// /} ]]'

headers=$(readelf -lW "$O/sonde")
flags=$(readelf -dW "$O/sonde")
check "the program lies anywhere" '[[ $flags == *PIE* ]]'
check "its relocations are read-only from the start" '[[ $headers == *GNU_RELRO* && $flags == *NOW* ]]'
check "its stack does not execute" '! grep -q "GNU_STACK.*RWE" <<<"$headers"'
check "no segment is writable and executable" '! grep -Eq "LOAD.* RWE " <<<"$headers"'

# Anything writable that lives as long as the program; tables of pointers are .data.rel.ro.
globals() {
	local source
	for source in src/*/*.c; do
		nm -f sysv "$O/obj/${source%.c}.o" | awk -F '|' -v file="$source" '{
			gsub(/ /, "", $1)
			gsub(/ /, "", $7)
		}
		$7 ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $7 !~ /^\.data\.rel\.ro/ && $4 !~ /SECTION/ { print file ": " $1 }'
	done | grep -vE ': (__|_?asan|_?ubsan|gcov|\.L)'
}
check "no mutable globals, the signal flag apart" diff <(globals | grep -v ': signal_flag$') /dev/null
finish
