#!/bin/sh
# install-deps.sh: install the Debian packages of packages.txt that are missing.
# Quiet and offline when nothing is. As root it installs them; otherwise it
# prints the command that does, and fails.
set -u
here=$(dirname "$0")

command -v dpkg-query >/dev/null || {
    # Not Debian: the probe says what is missing, by library.
    exit 0
}
missing=
for p in $(sed -e 's/#.*//' -e 's/ .*//' "$here/packages.txt"); do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)
    [ "$state" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Missing Debian packages:$missing" >&2
    echo "Install them, then run make again:" >&2
    echo "    sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing Debian packages:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for try in 1 2 3; do
    # Lists may be absent (a fresh container) or stale: update on every try.
    # shellcheck disable=SC2086
    if apt-get -qq -o DPkg::Lock::Timeout=120 update >"$log" 2>&1 &&
        apt-get -qq -y -o DPkg::Lock::Timeout=120 install \
            --no-install-recommends $missing >>"$log" 2>&1; then
        exit 0
    fi
    [ "$try" = 3 ] || { echo "apt-get failed; trying again" >&2; sleep $((try * 5)); }
done
tail -n 20 "$log" >&2
echo "Could not install$missing. By hand:" >&2
echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
exit 1
