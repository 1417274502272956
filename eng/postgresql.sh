#!/usr/bin/env bash
# PostgreSQL, for the tests of nodes that meet there: only where the Orleans runtime restores, and only if this is Debian and we may
# install. Elsewhere those tests are skipped, and say so. Needs the answer of eng/probe-orleans.sh.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if ! grep -q '>true<' "$root/Orleans.props" || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "Nodes that meet in PostgreSQL: install PostgreSQL to have them tested." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql >/dev/null
