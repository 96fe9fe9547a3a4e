#!/usr/bin/env bash
# Asks `traillake serve` what AWS's own clients ask: boto3, the AWS CLI, AWS's MCP server, and requests made by hand.
#
#   tests/endpoint/run.sh [PROGRAM] [--load | PYTEST-ARGUMENT...]
#
# PROGRAM is a path with a slash, the debug build unless it is given. --load has 200 connections ask for five minutes, and prints numbers;
# give it a release build, alone on the machine. TRAILLAKE_TEST_LOGS names a folder of log files to ask about.
# The clients come from PyPI, in the versions of requirements*.txt, into folders outside the checkout (ENDPOINT_VENV names
# another). Where that cannot be, nothing is tested, and it says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venvs=${ENDPOINT_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/traillake-endpoint}

left_out() {
  echo "the clients of AWS were not tried: $*"
  exit 0
}

program=${CARGO_TARGET_DIR:-$root/target}/debug/traillake
case "${1:-}" in
-*) ;;
*/*)
  program=$1
  shift
  ;;
esac
if ! [ -x "$program" ]; then
  echo "there is no program $program: run cargo build first" >&2
  exit 1
fi
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")

# Makes a virtual environment of a file of requirements; its pip tells why it cannot be.
venv() {
  if ! "$1/bin/python" -c pass 2>/dev/null; then
    rm -rf "$1" && python3 -m venv "$1" || return 1
  fi
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$2"
}

command -v python3 >/dev/null || left_out "python3 is missing"
mkdir -p "$venvs"
# Of what pip says, the last line is the reason.
why=$(venv "$venvs/aws" "$here/requirements.txt" 2>&1) || left_out "$(tail -n 1 <<<"$why")"
if why=$(venv "$venvs/mcp" "$here/requirements-mcp.txt" 2>&1); then
  export TRAILLAKE_TEST_MCP=$venvs/mcp/bin/python
else
  export TRAILLAKE_TEST_NO_MCP="AWS's MCP server cannot be installed: $(tail -n 1 <<<"$why")"
fi

export TRAILLAKE_TEST_PROGRAM=$program PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
unset TRAILLAKE_DIR TRAILLAKE_KEY
cd "$here"
if [ "${1:-}" = --load ]; then
  shift
  exec "$venvs/aws/bin/python" load.py "$@"
fi
exec "$venvs/aws/bin/python" -m pytest -p no:cacheprovider --quiet -rs "$@"
