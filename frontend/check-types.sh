#!/bin/sh
# Checks the types in the scripts' comments. The site itself needs neither node nor npm.
set -eu
cd "$(dirname "$0")"
if ! command -v npm >/dev/null 2>&1; then
    echo "types of the scripts: skipped, npm is not installed"
    exit 0
fi
[ -x node_modules/.bin/tsc ] || npm ci --silent --no-audit --no-fund
npm run --silent check
echo "types of the scripts: good"
