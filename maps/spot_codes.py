"""What class each unit of a frame of hot spots is of: the verdict of a week, or the pattern over weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maps.style import HOTSPOT_STYLE

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def spot_codes(frame: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the code of each row, one of `HOTSPOT_STYLE`.

    Raises
    ------
    ValueError
        If the frame has neither column, or an unknown code.
    """
    column = "verdict" if "verdict" in frame else "pattern"
    if column not in frame:
        raise ValueError("hot spots need a column verdict or pattern")
    codes: NDArray[Any] = frame[column].astype(str).to_numpy()
    unknown = sorted(set(codes) - set(HOTSPOT_STYLE))
    if unknown:
        raise ValueError(f"unknown verdicts: {', '.join(unknown)}")
    return codes
