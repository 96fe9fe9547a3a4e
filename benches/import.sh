#!/usr/bin/env bash
# Times an import beside unpacking the same files, and beside DuckDB doing a part of it, in one run.
#
#   benches/import.sh [EVENTS] [ROUNDS]
#
# Needs a release build (TRAILLAKE names another program), GNU time, and, for DuckDB, a Python with
# the package duckdb (PYTHON names it; left out where it is missing).
set -euo pipefail
events=${1:-500000} rounds=${2:-3}
target=${CARGO_TARGET_DIR:-$(dirname "$0")/../target}
traillake=${TRAILLAKE:-$target/release/traillake} python=${PYTHON:-python3}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

"$traillake" synth --events "$events" --seed 7 --out "$work/trail" >/dev/null
du -sh "$work/trail"
timed() { printf '%-18s' "$1" && shift && /usr/bin/time -f '%e s, %M KB' "$@" 2>&1 >/dev/null | tail -n 1; }
for _ in $(seq "$rounds"); do
  timed 'gzip -dc' sh -c "find '$work/trail' -name '*.gz' -print0 | xargs -0 gzip -dc"
  rm -rf "$work/lake"
  timed 'traillake import' "$traillake" --lake "$work/lake" import "$work/trail"
  if "$python" -c 'import duckdb' 2>/dev/null; then
    # Twelve columns of text, not sorted, not partitioned, duplicates kept.
    timed 'DuckDB' "$python" - "$work" <<'PY'
import duckdb, sys
work = sys.argv[1]
fields = "eventTime eventName eventSource awsRegion errorCode eventID sourceIPAddress userAgent".split()
nested = "userIdentity requestParameters responseElements".split()
columns = [f"r->>'{f}' AS {f}" for f in fields] + [f"r->'{f}' AS {f}" for f in nested] + ["r AS eventJson"]
duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""COPY (SELECT {', '.join(columns)} FROM (SELECT unnest(Records) AS r FROM read_json(
    '{work}/trail/AWSLogs/**/*.json.gz', columns = {{Records: 'JSON[]'}}, maximum_object_size = 8000000)))
    TO '{work}/duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)""")
PY
  fi
done
