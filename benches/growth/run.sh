#!/usr/bin/env bash
# Measures how the cost of an import and of small queries grows: with events, and with the files that these are in.
#
#   benches/growth/run.sh [--events N,N,...] [--files N,N,...] [--svg FILE] [--keep DIR]
#
# matplotlib, for the plot, comes from PyPI into a folder outside the checkout (GROWTH_VENV names another). Needs a
# release build (TRAILLAKE names another program) and python3 with venv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
in_venv "${GROWTH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/traillake-growth}" growth.py "$@"
