#!/usr/bin/env bash
# The object stores that the connectors' tests talk to: Ceph's radosgw (Debian's packages), s3rver and Azurite (npm, into the user's
# cache directory, so that one installation serves all clones). What cannot be installed here is named; its tests are skipped and say so.
set -euo pipefail
folder="${XDG_CACHE_HOME:-$HOME/.cache}/orleans-cache/storage-servers"

if command -v radosgw >/dev/null && command -v ceph-mon >/dev/null && command -v ceph-osd >/dev/null && command -v ceph >/dev/null; then
    :
elif command -v apt-get >/dev/null && [[ $(id -u) -eq 0 ]]; then
    export DEBIAN_FRONTEND=noninteractive
    # No services are started: the tests start servers of their own. Without man pages and documentation it takes half as long.
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--path-exclude=/usr/share/doc/* \
        -o Dpkg::Options::=--path-exclude=/usr/share/man/* radosgw ceph-mon ceph-osd ceph-common; } >/dev/null 2>&1 ||
        echo "S3 tests: radosgw, ceph-mon, ceph-osd and ceph-common could not be installed; the tests against radosgw are skipped." >&2
else
    echo "S3 tests: install radosgw, ceph-mon, ceph-osd and ceph-common to have the connector tested against Ceph." >&2
fi

# Written last, so that an installation that was interrupted is made again.
installed="$folder/s3rver-3.7.1-azurite-3.37.0"
if [[ ! -f "$installed" ]]; then
    if command -v npm >/dev/null; then
        mkdir -p "$folder"
        npm install --prefix "$folder" --no-save --no-audit --no-fund --no-package-lock --loglevel=error s3rver@3.7.1 azurite@3.37.0 >/dev/null 2>&1 &&
            touch "$installed" ||
            echo "Storage tests: s3rver and azurite could not be installed by npm; the tests against them are skipped." >&2
    else
        echo "Storage tests: install Node.js with npm to have the connectors tested against s3rver and Azurite." >&2
    fi
fi
