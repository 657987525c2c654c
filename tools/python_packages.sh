#!/bin/sh
# Makes .venv with the locked dependencies; does nothing when it is there and uv.lock has not changed.
set -eu

stamp=.venv/.ready
want=$(cat pyproject.toml uv.lock | sha256sum | cut -d ' ' -f 1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || {
  echo "error: Python 3.11, 3.12 or 3.13 is wanted, $python is $("$python" --version 2>&1); set PYTHON=..." >&2
  exit 3
}
if [ ! -x .venv/bin/python ]; then
  echo "making .venv with $("$python" --version)"
  "$python" -m venv .venv || {
    rm -rf .venv
    echo "error: $python cannot make virtual environments (on Debian: apt-get install python3-venv)" >&2
    exit 3
  }
fi
uv=$(sed -n '/^name = "uv"$/{n;s/version = "\(.*\)"/\1/p;}' uv.lock)
echo "installing the locked Python packages (a minute or two the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv"
# Compiled ahead: Airflow's commands start in 3 s instead of 8.
# The system's certificates: a company's proxy signs with its own.
.venv/bin/uv sync --system-certs --frozen --quiet --compile-bytecode --extra airflow --extra simulator
echo "$want" >"$stamp"
