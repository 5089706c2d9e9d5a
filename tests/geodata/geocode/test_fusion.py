"""Agreement raises confidence, conflict lowers it, and the community's probability is the integral."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from geodata.geocode import Geocoder
from geodata.geocode.areas import AreaPrior, Extent
from geodata.geocode.evidence import Evidence, Mode
from geodata.geocode.fuse import fuse
from geodata.geocode.model import Crossing, Name, Number, Offset, Place, Stretch
from geodata.geocode.signals import raw_p_within
from geodata.geocode.support import anchors_of, weighed
from geodata.text.spans import Span
from geodata.zones import ZoneTree
from tests.geodata.drawn_city import ORIGIN, write_zones

AREA_M2 = 400e6
NOWHERE = AreaPrior(())


def at(x: float, y: float, *, sigma_m: float = 30.0, weight: float = 1.0) -> Mode:
    return Mode(Point(x, y), x, y, sigma_m, weight, "crossing", f"({x}, {y})")


def said(*modes: Mode, trust: float = 0.8) -> Evidence:
    total = sum(mode.weight for mode in modes)
    return Evidence(
        tuple(Mode(m.geometry, m.x, m.y, m.sigma_m, m.weight / total, m.method, m.words) for m in modes),
        trust,
    )


def best_share(*items: Evidence, prior: AreaPrior = NOWHERE) -> float:
    return fuse(items, prior, area_m2=AREA_M2)[0].share


@given(st.floats(0, 30), st.floats(0.3, 0.95), st.floats(0.3, 0.95))
def test_agreement_raises(off: float, first: float, second: float) -> None:
    alone = best_share(said(at(0, 0), trust=first))
    both = fuse([said(at(0, 0), trust=first), said(at(off, 0), trust=second)], NOWHERE, area_m2=AREA_M2)
    assert both[0].share > alone
    assert both[0].share > best_share(said(at(off, 0), trust=second))
    assert both[0].sigma_m < 30.0
    assert 0 <= both[0].x <= off


@given(st.floats(800, 8000), st.floats(0.5, 0.95), st.floats(0.5, 0.95))
def test_conflict_lowers(apart: float, first: float, second: float) -> None:
    both = fuse([said(at(0, 0), trust=first), said(at(apart, 0), trust=second)], NOWHERE, area_m2=AREA_M2)
    share = {round(peak.x): peak.share for peak in both}
    assert share[0] < best_share(said(at(0, 0), trust=first))
    assert share[round(apart)] < best_share(said(at(apart, 0), trust=second))
    assert raw_p_within(both)[2] < max(first, second)


@given(st.permutations(range(3)))
def test_the_order_of_evidence_is_no_evidence(order: list[int]) -> None:
    items = [said(at(0, 0), at(900, 0)), said(at(20, 10)), said(at(880, 5), at(4000, 0), trust=0.6)]
    straight = fuse(items, NOWHERE, area_m2=AREA_M2)
    turned = fuse([items[i] for i in order], NOWHERE, area_m2=AREA_M2)
    assert straight[0].share == pytest.approx(turned[0].share, rel=1e-6)
    assert (straight[0].x, straight[0].y) == pytest.approx((turned[0].x, turned[0].y), abs=1e-6)


def test_a_second_evidence_chooses_between_places() -> None:
    two = said(at(0, 0), at(3000, 0))
    assert best_share(two) < 0.5
    chosen = fuse([two, said(at(3010, 0))], NOWHERE, area_m2=AREA_M2)
    assert chosen[0].x == pytest.approx(3005, abs=10)
    assert chosen[0].share > 0.9


def test_the_stated_area_chooses_and_doubts() -> None:
    inside = AreaPrior((Extent(shapely.box(-500, -500, 500, 500)),), gain=50.0)
    two = said(at(0, 0), at(9000, 0))
    assert best_share(two, prior=inside) > 0.95
    alone = said(at(9000, 0), trust=0.95)
    assert best_share(alone, prior=inside) < best_share(alone) - 0.2
    here = said(at(0, 0), trust=0.8)
    assert best_share(here, prior=inside) > best_share(here)


def name(text: str) -> Name:
    return Name(text, ("road",), Span(0, len(text)))


def test_an_anchor_is_no_second_witness() -> None:
    number = Number(name("青禾路"), 9)
    offset = Offset(number, "E", (50.0, 50.0))
    stretch = Stretch(name("青禾路"), offset, Crossing(name("青禾路"), name("白鹭街")))
    assert anchors_of(stretch) == [offset, stretch.end, number]
    first, second = said(at(230, 20)), said(at(180, 20))
    assert weighed([offset, number], [first, second]) == [first]
    # An offset that leads nowhere leaves its anchor standing.
    nowhere = Evidence((), 0.0, "没有")
    assert weighed([offset, number], [nowhere, second]) == [nowhere, second]


def test_a_crossing_beside_a_number_is_only_near() -> None:
    number, crossing = Number(name("青禾路"), 21), Crossing(name("青禾路"), name("白鹭街"))
    kept = weighed([number, crossing], [said(at(420, 20)), said(at(500, 0, sigma_m=8))])
    assert kept[0].modes[0].sigma_m == 30
    assert kept[1].modes[0].sigma_m > 80
    other = Place(name("向阳小学"))
    assert weighed([other, crossing], [said(at(0, 0)), said(at(5, 0))])[1].modes[0].sigma_m == 30


@pytest.mark.parametrize(
    ("alone", "agreeing", "conflicting"),
    [
        ("青禾路21号", "青禾路21号（近白鹭街）", "青禾路21号（近银河大道）"),
        ("青禾路与白鹭街交叉口", "青禾路与白鹭街交叉口 云杉社区", "青禾路与白鹭街交叉口 东湾街道"),
    ],
)
def test_on_the_city(city: Geocoder, alone: str, agreeing: str, conflicting: str) -> None:
    def p(text: str) -> float:
        head, _, area = text.partition(" ")
        return city.locate(head, area=area or None).p_within[200]

    assert p(conflicting) < p(alone) - 0.1
    assert p(agreeing) >= p(alone) - 0.01


@pytest.mark.parametrize(
    "text",
    ["青禾路与白鹭街交叉口向东200米", "青禾路与石榴街交叉口向西200米路北", "临河小区东门", "青禾路31号"],
)
def test_the_community_is_as_sure_as_the_place(city: Geocoder, tmp_path: Path, text: str) -> None:
    """P(right community) is the share of the place's own error that falls into it: by simulation."""
    tree = ZoneTree.read(write_zones(tmp_path / "z.gpkg"))
    location = city.locate(text)
    assert location.best is not None
    answer = tree.shares(location.best.geometry, uncertainty_m=location.best.uncertainty_m)
    spot = np.array([location.best.geometry.x, location.best.geometry.y])
    drawn = spot + np.random.default_rng(7).normal(0, location.best.uncertainty_m, (40_000, 2))
    border = 750 + ORIGIN[0]
    west = float(np.mean(drawn[:, 0] < border))
    expected = west if answer.community_name == "云杉社区" else 1 - west
    south = float(np.mean((drawn[:, 1] > ORIGIN[1] - 200) & (drawn[:, 1] < ORIGIN[1] + 1400)))
    assert answer.p_community == pytest.approx(expected * south, abs=0.02)
    assert sum(other.probability for other in answer.others) + answer.p_community <= 1 + 1e-9
