#!/usr/bin/env bash
# Make ready what `make run` or `make test` needs; done already, it takes a blink.
#
#   scripts/set-up.sh run | test
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:?run or test}
missing=()

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# The first Python on the path that is new enough: python3, or one that carries its number.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    die "The portal needs Python 3.11 or newer: apt-get install python3"
}

# Remember each of these Debian packages that is not installed.
want() {
    local package installed
    command -v dpkg-query >/dev/null || return 0
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep -qx "installed $package" <<<"$installed" || missing+=("$package")
    done
}

# Debian keeps the part of Python that makes a venv in a package of its own.
want_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    missing+=("$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')")
}

want_browser() {
    local name
    for name in chromium google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return
    done
    if grep -qs '^ID=ubuntu' /etc/os-release; then
        snap_chromium=yes  # Ubuntu's deb only points to a snap
    else
        missing+=(chromium)
    fi
}

want_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local packages="${missing[*]}" as_root=() log
    local line="apt-get update && apt-get install -y --no-install-recommends $packages"
    command -v apt-get >/dev/null || die "Please install what these Debian packages hold: $packages"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "Some system packages are missing. Please type this, then try again:" \
            $'\n\n'"    sudo sh -c '$line'"$'\n'
        as_root=(sudo -n)
    fi
    say "Installing system packages: $packages"
    log=$(mktemp)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1 </dev/null || {
        tail -n 25 "$log" >&2
        die "apt-get could not install: $packages (the whole log: $log)"
    }
    rm -f "$log"
}

make_venv() {
    .venv/bin/python -c 'import pip' 2>/dev/null && return
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
}

# Install a lock once; the checksums in .venv say what is done. requirements-dev.txt holds requirements.txt too.
install_lock() {
    local stamp=.venv/installed sums lock=${!#}
    sums=$(sha256sum "$@")
    [ -f "$stamp" ] && ! grep -qvxFf "$stamp" <<<"$sums" && return
    say "Installing Python packages from $lock"
    rm -f "$stamp"
    .venv/bin/python -m pip --disable-pip-version-check -qq install --no-input --progress-bar off \
        --require-hashes -r "$lock"
    echo "$sums" >"$stamp"
}

# Where Chromium comes only as a snap, take the build that belongs to Playwright.
install_playwright_chromium() {
    local path
    path=$(.venv/bin/python -c 'from playwright.sync_api import sync_playwright as p
with p() as it: print(it.chromium.executable_path)')
    [ -x "$path" ] || .venv/bin/playwright install --with-deps chromium ||
        say "No Chromium: install it (snap install chromium), or the browser tests are left out."
}

python=$(find_python)
snap_chromium=no
[ -x .venv/bin/python ] || want_venv
want libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
if [ "$purpose" = test ]; then
    want libatomic1
    want_postgresql
    want_browser
fi
install_missing
make_venv
if [ "$purpose" = test ]; then
    install_lock requirements.txt requirements-dev.txt
    [ "$snap_chromium" = no ] || install_playwright_chromium
else
    install_lock requirements.txt
fi
