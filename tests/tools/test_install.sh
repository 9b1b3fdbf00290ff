#!/usr/bin/env bash
# needs: plain pkg-config
# "make install" to a scratch place: what is there works from there, and "uninstall" takes it away.
. tests/check.sh

root=$scratch/root
told=$scratch/told
run "$MAKE" -s O="$O" PREFIX=/usr DESTDIR="$root" LDCONFIG="touch $told" install
check "install succeeds" '[[ $status -eq 0 ]]'
check "a staged install leaves the linker's cache alone" '[[ ! -e $told ]]'
for file in bin/sonde lib/libsonde.a lib/libsonde.so include/sonde/sonde.h lib/pkgconfig/sonde.pc \
	$(for page in man/*.[1-9]; do echo "share/man/man${page##*.}/${page##*/}"; done) \
	share/bash-completion/completions/sonde share/zsh/site-functions/_sonde share/fish/vendor_completions.d/sonde.fish; do
	check "$file is there" test -s "$root/usr/$file"
done
run "$root/usr/bin/sonde" --version
version=$(sed -n 's/^VERSION := //p' Makefile)
check "the installed program runs and knows its version" '[[ $status -eq 0 && $out == *"$version"* ]]'

export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
check "pkg-config knows the version" '[[ $(pkg-config --modversion sonde) == "$version" ]]'
read -ra flags <<<"$(pkg-config --cflags --libs sonde)"
read -ra flags_static <<<"$(pkg-config --cflags sonde) $root/usr/lib/libsonde.a $(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs libcap) -lm"
# The library of an instrumented build wants what it was linked with.
extra=()
grep -q -- -fsanitize "$O/flags" && extra+=(-fsanitize=address,undefined)
grep -q -- --coverage "$O/flags" && extra+=(--coverage)
run "$CC" -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE "${extra[@]}" -o "$scratch/shared" examples/ping.c "${flags[@]}"
check "the example builds with the shared library" '[[ $status -eq 0 ]]'
run "$CC" -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE "${extra[@]}" -o "$scratch/static" examples/ping.c "${flags_static[@]}"
check "the example builds with the static library" '[[ $status -eq 0 ]]'
if tests/netns/enter --check 2>/dev/null; then
	run env LD_LIBRARY_PATH="$root/usr/lib" tests/netns/enter "$scratch/shared" 127.0.0.1
	check "and reaches loopback" '[[ $status -eq 0 && -n $out ]]'
	run tests/netns/enter "$scratch/static" 127.0.0.1
	check "both of them" '[[ $status -eq 0 && -n $out ]]'
fi
check "the example has at most 60 lines" '[[ $(wc -l <examples/ping.c) -le 60 ]]'

check "bash takes the completion" bash -n "$root/usr/share/bash-completion/completions/sonde"
! command -v zsh >/dev/null || check "zsh takes it" zsh -n "$root/usr/share/zsh/site-functions/_sonde"
! command -v fish >/dev/null || check "fish takes it" fish -n "$root/usr/share/fish/vendor_completions.d/sonde.fish"

run "$MAKE" -s O="$O" PREFIX=/usr DESTDIR="$root" uninstall
check "uninstall leaves no file" '[[ $status -eq 0 && -z $(find "$root" ! -type d) ]]'

for goal in install uninstall; do
	rm -f "$told"
	run "$MAKE" -s O="$O" PREFIX="$scratch/here" LDCONFIG="touch $told" "$goal"
	if [[ $(id -u) -eq 0 ]]; then
		check "the linker is told of an $goal" '[[ $status -eq 0 && -e $told ]]'
	else
		check "an $goal of a user is his own" '[[ $status -eq 0 && ! -e $told ]]'
	fi
done
finish
