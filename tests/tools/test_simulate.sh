#!/usr/bin/env bash
# Every scenario of tests/sim under a few seeds ("make sim SEEDS=1000" is the long run); one seed again is
# the same run to the byte; a mistake in a file is told with its place.
. tests/check.sh

simulate=$(realpath "$O/tests/sim/main_simulate")
run "$simulate" -n "${SIM_SEEDS:-20}"
check "all scenarios" test "$status" == 0

run "$simulate" -s 7
first=$out
check "each says what trace a seed leaves" test "$(grep -cE 'SEED=7 trace [0-9a-f]{16} [0-9]+ probes$' <<<"$out")" == "$("$simulate" -l | wc -l)"
run "$simulate" -s 7
check "and again the same" test "$out" == "$first"
run "$simulate" -s 8
check "another seed is another run" test "$(grep -cxFf <(echo "$first" | grep SEED) <<<"${out//SEED=8/SEED=7}")" == 0
run "$simulate" -s 7 -k balanced
check "alone or with others" test "$(grep SEED <<<"$out")" == "$(grep balanced <<<"$first")"

# A topology that cannot be read.
mkdir -p "$scratch/tests/topo"
cd "$scratch"
echo 'source me' >tests/topo/diamond.topo
run "$simulate" -s 5 -k file-diamond
check "a mistake has its place" '[[ $status == 1 && $out == *"FAILED file-diamond SEED=5: tests/topo/diamond.topo:1:10: "* ]]'
run "$simulate" -x
check "usage" test "$status" == 2
finish
