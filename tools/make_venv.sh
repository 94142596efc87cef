#!/usr/bin/env bash
# make_venv.sh PYTHON FOLDER [OPTION...]: creates a virtual environment, unless it already exists and works.
# On Debian the module venv is a separate package; as root the script installs it.
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
        echo "$python cannot create virtual environments. Install python3-venv (Debian, Ubuntu) and run make again." >&2
        exit 1
    fi
fi
rm -rf "$folder"
"$python" -m venv "$@" "$folder"
