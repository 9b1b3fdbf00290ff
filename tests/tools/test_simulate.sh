#!/usr/bin/env bash
# Every scenario of tests/sim under a few seeds; "make sim SEEDS=1000" is the long run.
exec "$O/tests/sim/main_simulate" -n "${SIM_SEEDS:-20}"
