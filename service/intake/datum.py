"""Stop an import whose coordinates contradict its own location texts, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import shapely

from geodata.datum_check import DatumFinding, detect_datum
from geodata.errors import DatumError
from service.words import tr

if TYPE_CHECKING:
    from geodata.geocode import Geocoder
    from service.intake.model import Draft

# More texts than this add nothing to the finding.
_SAMPLE = 400
# A text that is itself vaguer than this cannot tell 577 m.
_MAX_UNCERTAINTY_M = 200.0


def find_datum(drafts: Sequence[Draft], *, geocoder: Geocoder, stated: str) -> DatumFinding | None:
    """Return what the drafts' own texts say about their coordinates; None when they cannot tell."""
    both = [draft for draft in drafts if draft.geometry is not None and draft.location_text]
    both = both[:: max(1, len(both) // _SAMPLE)]
    if not both:
        return None
    found = geocoder.locate_many([d.location_text for d in both], areas=[d.area or None for d in both])
    places = [
        location.best.geometry
        if location.status == "located"
        and location.best
        and location.best.uncertainty_m <= _MAX_UNCERTAINTY_M
        else None
        for location in found
    ]
    points = [
        shapely.get_coordinates(draft.geometry.representative_point())[0] for draft in both if draft.geometry
    ]
    return detect_datum(points, places, stated=stated, crs=geocoder.crs)


def require_datum(
    drafts: Sequence[Draft], *, geocoder: Geocoder | None, stated: str, trusted: bool = False
) -> None:
    """Raise when the coordinates are clearly in another datum than stated.

    Parameters
    ----------
    stated
        The datum the list is read with.
    trusted
        True when the user was told and insists.

    Raises
    ------
    DatumError
        Naming the datum that fits, the distances in metres, and what to do.
    """
    if geocoder is None or trusted:
        return
    finding = find_datum(drafts, geocoder=geocoder, stated=stated)
    if finding is None or finding.agrees:
        return
    name = finding.best.removesuffix(" swapped")
    off_m, fits_m = finding.median_m[finding.stated], finding.median_m[finding.best]
    swapped = finding.best != name
    raise DatumError(
        tr(
            f"坐标和位置文字对不上：按 {finding.stated} 读，离文字所说的地方典型相差 {off_m:.0f} 米；"
            + (
                "经度和纬度的列像是写反了，请对调"
                if swapped
                else f"像是 {name} 坐标（相差 {fits_m:.0f} 米），请用 --datum {name}"
            )
            + f"。比较了 {finding.rows} 行。确认无误要照原样导入，请加 --trust-datum",
            f"the coordinates contradict the texts: read as {finding.stated} they lie {off_m:.0f} m from where the texts say; "
            + (
                "longitude and latitude look swapped"
                if swapped
                else f"they look like {name} ({fits_m:.0f} m off): use --datum {name}"
            )
            + f". {finding.rows} rows compared. To import them as they are, add --trust-datum",
        )
    )
