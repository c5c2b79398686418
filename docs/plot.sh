#!/usr/bin/env bash
# Draws docs/plot.svg again, with the program given: a source in bursts, 16 MiB of buffers at each end, and a receiver that
# takes 32 MiB a second.
set -euo pipefail
cd "$(dirname "$0")/.."
tidegate=${1:-target/release/tidegate}
burst() { head -c "$1" /dev/zero; }

exec 3< <("$tidegate" tcp-listen://127.0.0.1:9000 null:#rate=32M 2>&1)
read -r listening <&3
echo "$listening"
{ burst 28M; sleep 1.2; burst 26M; sleep 1.2; burst 26M; sleep 2.8; burst 64M; } |
  "$tidegate" -N backup -H 16M --plot docs/plot.svg - tcp://localhost:9000
