#!/bin/sh
# Make the environment of the spatial peers: it sees the project's packages and adds the peers'.
#   tests/bench/peers/set_up_spatial.sh [DIRECTORY]      default: $QINGTU_PEERS, else ~/.cache/qingtu-peers
# then   DIRECTORY/spatial/bin/python tests/bench/zones_points.py
set -eu
here=$(cd "$(dirname "$0")/../../.." && pwd)
home=${1:-${QINGTU_PEERS:-$HOME/.cache/qingtu-peers}}
mkdir -p "$home"
[ -x "$home/spatial/bin/python" ] || "$here/.venv/bin/python" -m venv "$home/spatial"
"$here/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
    >"$home/spatial/lib/$(ls "$home/spatial/lib")/site-packages/project.pth"
"$home/spatial/bin/python" -m pip install --quiet \
    'sedonadb==0.5.0' geoarrow-pyarrow 'duckdb==1.5.5' 'duckdb-extension-spatial==1.5.5' \
    'KDEpy==1.1.12' 'esda==2.9.0' 'libpysal==4.14.1' 'pymannkendall==1.4.3'
echo "peers are in $home/spatial"
