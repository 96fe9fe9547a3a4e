#!/usr/bin/env bash
# Measures how the cost of an import and of small queries grows: with events, and with the files that these are in.
#
#   benches/growth/run.sh [--events N,N,...] [--files N,N,...] [--svg FILE] [--keep DIR]
#
# matplotlib, for the plot, comes from PyPI into a folder outside the checkout (GROWTH_VENV names another). Needs a
# release build (TRAILLAKE names another program) and python3 with venv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export TRAILLAKE=${TRAILLAKE:-${CARGO_TARGET_DIR:-$here/../../target}/release/traillake}
if ! [ -x "$TRAILLAKE" ]; then
  echo "there is no $TRAILLAKE: run cargo build --release first" >&2
  exit 1
fi
venv=${GROWTH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/traillake-growth}
if ! [ -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check matplotlib==3.10.7
exec "$venv/bin/python" "$here/growth.py" "$@"
