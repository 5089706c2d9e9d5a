"""Answer texts with Nominatim: one JSON request a line in, one answer a line out (see `geocode_peers`).

The library is asked in this process (no HTTP); its database is the private PostgreSQL cluster.
"""

import json
import os
import re
import sys
import time

from nominatim_api import NominatimAPI

_ANCHOR = re.compile(r".*?(?:交叉口|交汇处|路口|\d号)")
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(api, text, district, form):
    """Return lon, lat of the best result, or None.

    `form` is `free` (the text alone), `district` (the text, then the district as a second phrase),
    `structured` (street and city) or `cut`: the text alone and, where that finds nothing, the text up to
    its crossing or house number, because Nominatim wants every word of a query to match.
    """
    if form == "cut":
        anchor = _ANCHOR.match(text)
        whole = answer(api, text, district, "free")
        return whole or (answer(api, anchor[0], district, "free") if anchor else None)
    if form == "structured":
        found = api.search_address(street=text, city=district or None, max_results=1)
    elif form == "district" and district:
        found = api.search(f"{text}, {district}", max_results=1)
    else:
        found = api.search(text, max_results=1)
    return [found[0].centroid.x, found[0].centroid.y] if found else None


def main():
    """Serve until the input ends."""
    with NominatimAPI(sys.argv[1]) as api:
        for line in sys.stdin:
            request = json.loads(line)
            form = request.get("form", "free")
            began = time.perf_counter()
            found = [
                answer(api, text, area, form)
                for text, area in zip(request["texts"], request["areas"], strict=True)
            ]
            seconds = time.perf_counter() - began
            OUT.write(json.dumps({"seconds": seconds, "lonlat": found}) + "\n")
            OUT.flush()


main()
