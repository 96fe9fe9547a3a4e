# Sourced by the benchmarks in Python. TRAILLAKE is the program that they measure.
export TRAILLAKE=${TRAILLAKE:-${CARGO_TARGET_DIR:-$here/../../target}/release/traillake}
if ! [ -x "$TRAILLAKE" ]; then
  echo "there is no $TRAILLAKE: run cargo build --release first" >&2
  exit 1
fi

# in_venv VENV SCRIPT [ARG]...: runs a script of the benchmark's folder ($here) with the packages of its requirements.txt,
# which come from PyPI into a virtual environment outside the checkout.
in_venv() {
  local venv=$1 script=$2 && shift 2
  if ! [ -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
  fi
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  PYTHONPATH=$here/.. PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/$script" "$@"
}
