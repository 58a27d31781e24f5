#!/bin/busybox sh
# init-net.sh: first process of the network test's RAM disk.
#
# Loads the drivers (virtio's and, where there is one, Xen's: one of them finds
# a card), asks for an address by DHCP, pings the router and fetches the file
# `data` from it by TFTP. Prints
#     NET ok ADDRESS leased    by DHCP
#     NET ok N pinged          N answers came back to N questions
#     NET ok MD5 fetched       of the file, for the host to compare
# or "NET bad REASON". "url=URL" on the command line, for a network with a way
# out: fetches that too, by HTTP; its MD5 is "got".
b=/bin/busybox

if [ "${interface:-}" ]; then # called by udhcpc, with what it knows
    [ "$1" = bound ] || exit 0
    $b ip addr add "$ip/$mask" dev "$interface"
    # A network that leads nowhere names neither of these two.
    [ -z "$router" ] || $b ip route add default via "$router"
    [ -z "$dns" ] || echo "nameserver $dns" >/etc/resolv.conf
    echo "$serverid" >/etc/router
    echo "NET ok $ip leased"
    exit 0
fi

$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev 2>/dev/null
$b mkdir /etc

finish() {
    [ $# -eq 0 ] || echo "NET bad $*"
    echo "MARK end"
    $b poweroff -f
    while :; do $b sleep 1; done # power-off takes a moment
}
md5() { # md5 FILE
    $b md5sum "$1" | $b cut -d ' ' -f 1
}

url=
for word in $($b cat /proc/cmdline); do
    case $word in
    url=*) url=${word#url=} ;;
    esac
done
echo "MARK boot $($b uname -srm)"

while read -r module; do
    # Each kernel has the bus of one of the cards.
    $b insmod "/modules/$module" 2>/dev/null
done </modules/order
i=0
while [ ! -d /sys/class/net/eth0 ]; do
    [ $i -lt 50 ] || finish "no network card"
    $b usleep 100000
    i=$((i + 1))
done
echo "MARK modules"

$b ip link set lo up
$b ip link set eth0 up
$b udhcpc -i eth0 -s /init -n -q -f 2>/dev/null || finish "no lease"
router=$($b cat /etc/router)
echo "MARK lease"

n=5
$b ping -c $n -s 1000 "$router" >/tmp.ping || finish "no answer to ping"
$b grep -q "^$n packets.* $n packets.* 0% packet loss" /tmp.ping ||
    finish "$($b grep loss /tmp.ping)"
echo "NET ok $n pinged"
echo "MARK ping"

$b tftp -g -b 1428 -r data -l /data "$router" || finish "TFTP failed"
echo "NET ok $(md5 /data) fetched"
echo "MARK fetch"

if [ -n "$url" ]; then
    $b wget -q -O /got "$url" || finish "HTTP failed"
    echo "NET ok $(md5 /got) got"
    echo "MARK http"
fi
finish
