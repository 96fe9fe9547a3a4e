#!/usr/bin/env bash
# Measures traillake beside DuckDB, chDB, Polars, DataFusion and gzip over the same events: import, disk, and 24 queries,
# cold and warm.
#
#   benches/peers/run.sh [EVENTS] [--principals few|many] [--runs N] [--keep DIR]
#
# The peers come from PyPI, in the versions of requirements.txt, into a folder outside the checkout
# (PEERS_VENV names another). Needs a release build (TRAILLAKE names another program) and python3 with venv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
in_venv "${PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/traillake-peers}" peers.py "$@"
