"""Types of request fields: bounded, finite, without characters that the store refuses."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _storable(text: str) -> str:
    # PostgreSQL has no U+0000 in text; a lone surrogate cannot be written as UTF-8.
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("unstorable character")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Words = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_storable)]
Code = Annotated[str, StringConstraints(max_length=40, pattern=r"^[\w.+:-]*$"), AfterValidator(_storable)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2200, 1, 1))]
PageSize = Annotated[int, Field(ge=1, le=1000)]


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Position(Body):
    """A position in EPSG:4326."""

    lon: Lon
    lat: Lat
