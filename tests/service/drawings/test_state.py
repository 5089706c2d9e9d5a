"""Sketches as bytes: what comes back is identical, forth and back over any number of steps."""

from __future__ import annotations

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geodata.zones.sketching import facts, ground
from geodata.zones.sketching.model import Sketch, SketchError, SketchZone
from geodata.zones.sketching.network import sketch_of
from service.drawings.state import apply, delta, difference, freeze, thaw


def little() -> Sketch:
    zones = [
        SketchZone("subdistrict", "S", "街道", shape=box(0, 0, 2000, 1000)),
        SketchZone("community", "A", "甲", "S", "张", 0, box(0, 0, 1100, 1000)),
        SketchZone("community", "B", "乙", "S", "", 1, box(1000, 0, 2000, 1000)),
        SketchZone("grid", "A1", "甲一", "A", shape=box(0, 0, 500, 1000)),
    ]
    return sketch_of(zones, crs=4547)


def test_thawing_gives_back_every_bit():
    sketch = facts.cut_blocks(little(), LineString([(1, 1), (3, 4)]))
    again = thaw(freeze(sketch))
    assert freeze(again) == freeze(sketch)
    assert [zone.key for zone in again.zones] == [zone.key for zone in sketch.zones]
    assert again.find("community", "A").leader == "张"
    assert shapely.equals_identical(again.find("community", "A").shape, sketch.find("community", "A").shape)
    assert again.claims[0].codes == ("A", "B")
    empty = Sketch(crs=4547)
    assert thaw(freeze(empty)) == empty


def test_only_what_changed_is_told():
    before = little()
    after = facts.change(before, "community", "B", name="丙")
    assert difference(before, after).changed == (("community", "B"),)
    assert difference(before, after).removed == ()
    gone = ground.drop(before, "community", "A")
    assert set(difference(before, gone).removed) == {("community", "A"), ("grid", "A1")}
    assert difference(before, before).changed == ()


_STEPS = st.one_of(
    st.tuples(
        st.just("give"), st.sampled_from(["A", "B", None]), st.floats(-50, 2000), st.floats(-50, 1000),
        st.floats(1, 500),
    ),
    st.tuples(st.just("split"), st.sampled_from(["A", "B"]), st.floats(10, 1990)),
    st.tuples(st.just("merge"), st.sampled_from([("A", "B"), ("B", "A")])),
    st.tuples(st.just("drop"), st.sampled_from(["A", "B"])),
    st.tuples(st.just("add"), st.text("甲乙丙", min_size=1, max_size=3)),
    st.tuples(st.just("change"), st.sampled_from(["A", "B"]), st.text("丁戊", max_size=3)),
    st.tuples(st.just("cut"), st.floats(10, 1990)),
    st.tuples(st.just("outline")),
)  # fmt: skip


def _done(sketch, step):
    match step:
        case ("give", code, x, y, size):
            return ground.give(sketch, "community", code, box(x, y, x + size, y + size))
        case ("split", code, x):
            return ground.split(sketch, "community", code, LineString([(x, -5), (x, 1005)]))
        case ("merge", (into, gone)):
            return ground.merge(sketch, "community", into, gone)
        case ("drop", code):
            return ground.drop(sketch, "community", code)
        case ("add", name):
            return facts.add(sketch, "community", name=name)
        case ("change", code, name):
            return facts.change(sketch, "community", code, name=name, new_code="A" if name == "丁" else None)
        case ("cut", x):
            return facts.cut_blocks(sketch, LineString([(x, 0), (x, 500)]))
        case _:
            return ground.outline(sketch, code="S", name="街道")


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, min_size=1, max_size=8))
def test_undo_and_redo_of_any_steps_give_back_the_identical_bytes(steps):
    states, deltas = [little()], []
    for step in steps:
        try:
            after = _done(states[-1], step)
        except SketchError:
            continue
        deltas.append(delta(states[-1], after))
        states.append(after)
    now = states[-1]
    for before, change in zip(states[-2::-1], deltas[::-1], strict=True):
        now = apply(now, change, side="before")
        assert freeze(now) == freeze(before)
    for after, change in zip(states[1:], deltas, strict=True):
        now = apply(now, change, side="after")
        assert freeze(now) == freeze(after)
