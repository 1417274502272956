#!/usr/bin/env bash
# The Python modules that the examples of docs/PYTHON.md need, for the tests that run them: Debian's packages, where this is Debian
# and we may install. Elsewhere those tests are skipped, and say so.
set -euo pipefail

if /usr/bin/python3 -c 'import requests, fsspec, aiohttp' 2>/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "Python examples: install requests, fsspec and aiohttp for /usr/bin/python3 to have them tested." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3-requests python3-fsspec python3-aiohttp >/dev/null
