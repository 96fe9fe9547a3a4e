#!/usr/bin/env bash
# Times every saved query with its defaults, the whole program from start to end, over synthetic events.
#
#   benches/saved.sh [EVENTS] [DAYS]
#
# Prints the median, the time within which nine in ten end, and the five slowest. Needs a release build
# (TRAILLAKE names another program) and bash 5. A query that fails is named, and ends the run with an error.
set -euo pipefail
export LC_ALL=C
events=${1:-1000000} days=${2:-30}
target=${CARGO_TARGET_DIR:-$(dirname "$0")/../target}
traillake=${TRAILLAKE:-$target/release/traillake}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

"$traillake" synth --events "$events" --days "$days" --seed 5 --out "$work/trail" >/dev/null
"$traillake" --lake "$work/lake" import "$work/trail" >/dev/null
"$traillake" saved list 2>/dev/null | awk '{ print $1 }' >"$work/names"
failed=0
while read -r name; do
  start=$EPOCHREALTIME
  if "$traillake" --lake "$work/lake" query --saved "$name" </dev/null >/dev/null 2>"$work/error"; then
    awk -v name="$name" -v from="$start" -v to="$EPOCHREALTIME" \
      'BEGIN { printf "%.3f %s\n", to - from, name }' >>"$work/times"
  else
    failed=1
    echo "$name failed: $(cat "$work/error")" >&2
  fi
done <"$work/names"
sort -n "$work/times" | awk '{ time[NR] = $1; name[NR] = $2 } END {
  printf "%d saved queries: median %s s, nine in ten within %s s\n", NR, time[int((NR + 1) / 2)], time[int(NR * 0.9 + 0.5)]
  for (at = NR; at > NR - 5 && at > 0; at--) printf "%8s s  %s\n", time[at], name[at]
}'
exit "$failed"
