#!/usr/bin/env bash
# install_qgis.sh PYTHON: checks for QGIS 3.22 or newer and its Python; as root on Debian it installs a missing QGIS.
set -euo pipefail
python=$1

works() {
    command -v qgis_process >/dev/null &&
        QT_QPA_PLATFORM=offscreen "$python" -c \
            'import sys; from qgis.core import Qgis; sys.exit(Qgis.QGIS_VERSION_INT < 32200)' 2>/dev/null
}

works && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing QGIS with apt-get, some 300 MB."
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        qgis python3-qgis python3-venv xvfb
    works && exit 0
fi
cat >&2 <<TEXT
QGIS 3.22 or newer with its Python ($python) was not found. Install it and run make again:
  Debian, Ubuntu:  sudo apt-get install qgis python3-qgis python3-venv
  Fedora:          sudo dnf install qgis python3-qgis
To use another Python that can 'import qgis':  make QGIS_PYTHON=/path/to/python3
TEXT
exit 1
