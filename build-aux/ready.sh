#!/bin/sh
# ready.sh "PACKAGES" CONFIG: stop the build, with the way out, if the probe
# found something missing; forget the probe's answer, so that the next make
# looks again.
[ -z "$1" ] && exit 0
rm -f "$2"
echo "Missing: $1" >&2
echo "Run \`make deps\` as root, or: apt-get install --no-install-recommends $1" >&2
exit 1
