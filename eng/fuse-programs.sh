#!/usr/bin/env bash
# Programs that tests/Node.Tests/Fuse runs: rsync on a mount, and fusermount3, by which users other than root mount. Debian's packages, where this is
# Debian and we may install. Elsewhere their tests are skipped and say so.
set -euo pipefail

missing=()
[[ -x /usr/bin/rsync ]] || missing+=(rsync)
[[ -x /usr/bin/fusermount3 ]] || missing+=(fuse3)
[[ ${#missing[@]} -gt 0 ]] || exit 0
if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "FUSE: install ${missing[*]} to have mounts tested with it." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null 2>&1 || true
for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || echo "FUSE: $package could not be installed; the tests with it are skipped." >&2
done
