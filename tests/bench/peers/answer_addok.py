"""Answer texts with addok: one JSON request a line in, one answer a line out (see `geocode_peers`)."""

import json
import os
import sys
import time

from addok.config import config
from addok.core import search

OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # addok prints while it loads


def answer(text, district, *, fuzzy, filtered):
    """Return lon, lat of the best result, or None."""
    filters = {"district": district} if filtered and district else {}
    found = search(text, limit=1, fuzzy=fuzzy, **filters)
    return [float(found[0].lon), float(found[0].lat)] if found else None


def main():
    """Serve until the input ends."""
    config.load()
    for line in sys.stdin:
        request = json.loads(line)
        options = {"fuzzy": request.get("fuzzy", 0), "filtered": request.get("filtered", True)}
        began = time.perf_counter()
        found = [
            answer(text, area, **options)
            for text, area in zip(request["texts"], request["areas"], strict=True)
        ]
        seconds = time.perf_counter() - began
        OUT.write(json.dumps({"seconds": seconds, "lonlat": found}) + "\n")
        OUT.flush()


main()
