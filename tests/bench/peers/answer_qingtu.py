"""Answer texts with our own geocoder, by the same protocol as the peers (see `geocode_peers`)."""

import json
import sys
import time

import numpy as np

from geodata.crs import WGS84, reproject_xy
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative


def main():
    """Serve until the input ends."""
    geocoder = Geocoder.open(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        began = time.perf_counter()
        found = geocoder.locate_many(request["texts"], areas=[area or None for area in request["areas"]])
        seconds = time.perf_counter() - began
        lonlat = [None if one.best is None else _lonlat(one.best.geometry, geocoder.crs) for one in found]
        answer = {"seconds": seconds, "lonlat": lonlat, "located": [one.status == "located" for one in found]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _lonlat(geometry, crs):
    return reproject_xy(np.array([representative(geometry)]), crs, WGS84)[0].tolist()


main()
