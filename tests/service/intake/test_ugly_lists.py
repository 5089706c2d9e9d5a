"""The ugly files of tests/fixtures: each row read as its maker said, none lost, whatever the format."""

from __future__ import annotations

import json

import pytest

from geodata.kinds import load_kinds
from service.intake.drafts import make_drafts
from service.intake.readers import read_and_understand
from service.kinds.table import CurrentKinds
from tests.fixtures.ugly_lists.generate import files

FILES = {name: (content, expectation) for name, content, expectation in files()}
KINDS = CurrentKinds(load_kinds())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    directory = tmp_path_factory.mktemp("ugly")
    for name, (content, _) in FILES.items():
        (directory / name).write_bytes(content)
    return directory


def test_there_are_enough_of_them_in_every_format():
    endings = [name.rsplit(".", 1)[1] for name in FILES]
    assert len(FILES) >= 60
    assert {"xlsx", "xls", "et", "csv", "tsv", "txt", "docx", "chat"} <= set(endings)
    assert min(endings.count("docx"), endings.count("xls")) >= 10


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_read_as_its_maker_said(folder, name):
    _, expectation = FILES[name]
    found = read_and_understand(folder / name)
    drafts = make_drafts(found.table, found.columns, KINDS)
    by_row = {(draft.sheet, draft.line): draft for draft in drafts.drafts}
    refused = {(i.sheet, i.line): i.code for i in drafts.issues if i.refused}
    expected = {(sheet, line): reads for sheet, line, reads in expectation["rows"]}
    assert [(row.sheet, row.line) for row in found.table.rows] == sorted(expected, key=_in_file(found.table))
    assert len(by_row) + len(refused) == len(found.table.rows)
    for key, reads in expected.items():
        if "refused" in reads:
            assert refused.get(key) == reads["refused"], key
            continue
        assert key in by_row, (key, refused.get(key))
        assert _as_read(by_row[key], found, reads) == reads, key
    assert {question.kind for question in found.dates.questions} == set(expectation["asks"])
    assert {r.name for r in found.table.sheets if r.state == "no_list"} == set(expectation["unread"])
    assert drafts.list_kind == expectation["list_kind"]


def _in_file(table):
    order = [report.name for report in table.sheets]
    return lambda key: (order.index(key[0]), key[1])


def _as_read(draft, found, reads):
    """What the reader says for each thing that the maker stated."""
    position = draft.geometry
    texts = {
        "location": draft.location_text, "description": draft.description, "area": draft.area, "unit": draft.unit,
        "name": draft.name, "date": draft.reported_at.isoformat() if draft.reported_at else None,
        "key": found.columns.text(draft.cells, "key"), "reporter": draft.cells.get("上报人"),
        "phone": draft.cells.get("电话"),
        "lon": round(position.x, 6) if position is not None else None,
        "lat": round(position.y, 6) if position is not None else None,
    }  # fmt: skip
    return {name: texts[name] for name in reads}


def test_the_expectations_lie_beside_the_files(tmp_path):
    from tests.fixtures.ugly_lists.generate import write_all

    names = write_all(tmp_path)
    assert len(names) == len(FILES)
    for name in names:
        beside = json.loads((tmp_path / f"{name}.expected.json").read_text(encoding="utf-8"))
        assert beside["rows"]
