"""What the API of grids accepts and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from service.fields import Body

MAX_GRIDS = 2_000


class WantedGrids(Body):
    """How many grids in all, and what is shared equally: area, metres of road, or the placed records."""

    count: Annotated[int, Field(ge=1, le=MAX_GRIDS)]
    by: Literal["area", "road", "records"] = "area"


class CommunityPlan(BaseModel):
    """How the grids of one community came out; `load_ratio` is the largest work of a grid over the mean."""

    code: str
    name: str
    grids: int
    wanted: int
    load_ratio: float


class GridFeature(BaseModel):
    """A drawn grid as GeoJSON, EPSG:4326."""

    type: Literal["Feature"] = "Feature"
    properties: dict[str, Any]
    geometry: dict[str, Any]


class GridsAnswer(BaseModel):
    """The drawing that keeps the grids, and what is drawn; `left_out` are records outside all communities."""

    drawing_id: UUID
    version: int
    signed: bool
    count: int
    by: str
    grids: int
    left_out: float
    plans: list[CommunityPlan]
    features: list[GridFeature]
