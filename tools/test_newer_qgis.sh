#!/usr/bin/env bash
# Runs the plugin's tests and `make run` on a minimal newer Debian (trixie: QGIS 3.40, Python 3.13), where make installs
# QGIS and the engine as on a new computer.
#
# Needs root, Debian and 4 GB in ~/.cache/earthloc, where the system is kept for the next run. If the system cannot be
# set up, the script prints "SKIPPED" and the reason, and succeeds. Otherwise it fails if a test fails.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=trixie
cache=${XDG_CACHE_HOME:-$HOME/.cache}/earthloc
root=$cache/$suite
log=$cache/$suite.log
setup_limit_s=1800

skip() {
    echo "Tests on a newer QGIS: SKIPPED, $1."
    exit 0
}

[ "$(id -u)" = 0 ] || skip "not root"
command -v apt-get >/dev/null || skip "no apt-get"
. /etc/os-release
[ "$ID" = debian ] || skip "not on Debian"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock --nonblock 9 || skip "another run uses $root"

debian_mirror() { # the mirror that this computer uses
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1
}
mirror=$(debian_mirror)
if [ -z "$mirror" ]; then
    apt-get update -q >/dev/null || true
    mirror=$(debian_mirror)
fi
[ -n "$mirror" ] || skip "apt-get knows no Debian mirror"

inside() {
    chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTHONDONTWRITEBYTECODE=1 "$@"
}

unmount() {
    for folder in "$root/proc" "$root/dev"; do
        if mountpoint -q "$folder"; then umount -l "$folder"; fi
    done
}

set_up() {
    if ! command -v debootstrap >/dev/null; then
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q debootstrap
    fi
    if [ ! -f "$root/.installed" ]; then
        rm -rf --one-file-system "$root"
        debootstrap --variant=minbase "$suite" "$root" "$mirror"
        cp /etc/resolv.conf "$root/etc/resolv.conf"
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
        inside apt-get update -q
        inside apt-get install -y -q --no-install-recommends python3 make ca-certificates
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        touch "$root/.installed"
    else
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
    fi
    # Copies the current sources; keeps existing virtual environments, which make updates if pyproject.toml changed.
    find "$root/earthloc" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} + 2>/dev/null || true
    mkdir -p "$root/earthloc"
    git ls-files -z | tar --create --null --files-from - | tar --extract --directory "$root/earthloc"
    inside make --directory /earthloc setup qgis
}

unmount # mounts left over from a killed run
trap unmount EXIT
started=$SECONDS
export -f set_up inside
export suite root mirror
timeout "$setup_limit_s" bash -euo pipefail -c set_up >"$log" 2>&1 || skip "it could not be set up ($log)"
echo "Debian $suite, $(inside dpkg-query --show qgis | tr '\t' ' '), ready after $((SECONDS - started)) s."
inside make --directory /earthloc run test-qgis
