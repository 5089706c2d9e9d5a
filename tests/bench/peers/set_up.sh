#!/bin/sh
# Make the peers' own environment: Debian's servers and a virtual environment outside the repository.
#   tests/bench/peers/set_up.sh [DIRECTORY]      default: $QINGTU_PEERS, else ~/.cache/qingtu-peers
set -eu
home=${1:-${QINGTU_PEERS:-$HOME/.cache/qingtu-peers}}
if ! command -v osm2pgsql >/dev/null || ! command -v redis-server >/dev/null; then
    # pkg-config, g++ and libicu-dev compile PyICU; the package's default redis service is not started
    apt-get install -y --no-install-recommends osm2pgsql redis-server libicu-dev pkg-config g++
fi
mkdir -p "$home"
[ -x "$home/venv/bin/python" ] || python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet \
    'nominatim-db==5.3.3' 'nominatim-api==5.3.3' 'addok==1.3.2' 'jieba==0.42.1' 'setuptools<81'
echo "peers are in $home"
