#!/usr/bin/env bash
# Starts one object store for tests: eng/storage-server.sh radosgw|s3rver|azurite
# Prints "ready URL" once it answers, and lives until its standard input ends: whoever started it may die in any way. Its data lie in
# memory and go with it. Keys of radosgw and s3rver: S3RVER/S3RVER; of Azurite: its well-known development account. No buckets.
set -euo pipefail
kind="${1:?Which store: radosgw, s3rver or azurite?}"
installed="${XDG_CACHE_HOME:-$HOME/.cache}/orleans-cache/storage-servers/node_modules/.bin"
base=/dev/shm
[[ -d "$base" && -w "$base" ]] || base="${TMPDIR:-.}"
dir="$(mktemp -d "$base/ocache-$kind-XXXXXX")"
servers=()
cleanup() {
    kill -KILL "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
log="$dir/log"
start() {
    "$@" >>"$log" 2>&1 </dev/null &
    servers+=($!)
}
fail() {
    tail -20 "$log" >&2
    echo "$kind did not start: $1" >&2
    exit 1
}
# Until the command succeeds, half a minute at most; a server that ended is not waited for.
await() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        for server in "${servers[@]}"; do kill -0 "$server" 2>/dev/null || fail "a server ended"; done
        sleep 0.1
    done
    fail "no answer to '$*'"
}
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

start_radosgw() {
    local port="$1" mon1 mon2 fsid osd
    mon1="$(free_port)"; mon2="$(free_port)"
    fsid="$(cat /proc/sys/kernel/random/uuid)"; osd="$(cat /proc/sys/kernel/random/uuid)"
    mkdir -p "$dir"/{run,mon,osd,rgw}
    cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon1,v1:127.0.0.1:$mon2]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
mon warn on insecure global id reclaim allowed = false
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 8589934592
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/run/\$name.log
mon data = $dir/mon
osd data = $dir/osd
debug ms = 0
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $dir/rgw
rgw enable usage log = false
rgw enable ops log = false
CONF
    export CEPH_CONF="$dir/ceph.conf"
    {
        ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
        ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
        ceph-authtool "$dir/keyring" --gen-key -n client.rgw --cap mon 'allow rwx' --cap osd 'allow rwx'
        ceph-authtool "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
        monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon1,v1:127.0.0.1:$mon2]" "$dir/monmap"
        ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
    } >>"$log" 2>&1
    start ceph-mon -f -i a
    await timeout 5 ceph osd new "$osd"
    { timeout 20 ceph auth import -i "$dir/keyring" && ceph-osd -i 0 --mkfs --osd-uuid "$osd"; } >>"$log" 2>&1 || fail "the osd could not be made"
    start ceph-osd -f -i 0
    start radosgw -f -n client.rgw
    await answers "$port"
    timeout 30 radosgw-admin -n client.rgw user create --uid=test --display-name=Test --access-key=S3RVER --secret-key=S3RVER >>"$log" 2>&1 ||
        fail "the user could not be made"
}

port="$(free_port)"
case "$kind" in
    radosgw) start_radosgw "$port" ;;
    s3rver)
        start "$installed/s3rver" -a 127.0.0.1 -p "$port" -d "$dir/data" --silent
        await answers "$port"
        ;;
    azurite)
        start "$installed/azurite-blob" --blobHost 127.0.0.1 --blobPort "$port" --location "$dir/data" --silent --skipApiVersionCheck --disableTelemetry
        await answers "$port"
        ;;
    *) echo "No store is called '$kind'; say radosgw, s3rver or azurite." >&2; exit 2 ;;
esac
echo "ready http://127.0.0.1:$port"
while read -r _; do :; done
