#!/usr/bin/env bash
# make_venv.sh PYTHON FOLDER [OPTION...]: a virtual environment, or nothing when it is there and works.
# On Debian the module that makes them is a package of its own, which root gets installed.
set -euo pipefail
python=$1 folder=$2
shift 2

if "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    else
        echo "$python: cannot make virtual environments; install python3-venv (Debian, Ubuntu) and run make again." >&2
        exit 1
    fi
fi
rm -rf "$folder"
"$python" -m venv "$@" "$folder"
