#!/usr/bin/env bash
# Brings the code of this checkout and the settings of this environment to what `spark up` runs: --canary, --rolling or --rollback.
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/bin/spark" deploy "$@"
