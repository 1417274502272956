#!/usr/bin/env bash
# The S3 clients that tests/Node.Tests/S3 runs against a node: Debian's packages, where this is Debian and we may install. What is
# missing is named; its tests are skipped and say so.
set -euo pipefail

missing=()
[[ -x /usr/bin/aws ]] || missing+=(awscli)
[[ -x /usr/bin/s3cmd ]] || missing+=(s3cmd)
[[ -x /usr/bin/rclone ]] || missing+=(rclone)
[[ -x /usr/bin/s3fs ]] || missing+=(s3fs)
/usr/bin/python3 -c 'import boto3' 2>/dev/null || missing+=(python3-boto3)
[[ ${#missing[@]} -gt 0 ]] || exit 0

if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "S3 clients: install ${missing[*]} to have the S3 endpoint tested with them." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null 2>&1 || true
for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--path-exclude=/usr/share/doc/* -o Dpkg::Options::=--path-exclude=/usr/share/man/* \
        "$package" >/dev/null 2>&1 || echo "S3 clients: $package could not be installed; the tests with it are skipped." >&2
done
