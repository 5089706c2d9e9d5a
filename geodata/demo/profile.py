"""The demo profile as a directory: what `qingtu init --profile demo` takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geodata.demo.authored import read_table
from geodata.demo.district import District, build_district, line_layers
from geodata.demo.people import Person, in_toml, make_people
from geodata.demo.problems import in_json_lines, make_problems, open_campaign
from geodata.demo.registers import RECEIVING_UNITS, write_registers
from geodata.demo.sample_list import write_sample_list
from geodata.demo.writing import write_layers
from geodata.kinds import load_kinds
from geodata.zones.owning.layer import OWNER_LAYER

NOTE = "非官方示范数据：街道、边界、门牌与问题均为编绘，不代表真实情况；示范铁路为虚构；示范时钟停在 2017-11-10。"


def write_profile(out: Path, *, rng_seed: int = 2017) -> None:
    """Write the demo profile to a directory, which is made if it is missing.

    Parameters
    ----------
    out
        Directory; files of an earlier run are replaced.
    rng_seed
        Seed of everything that is left to chance. Two runs with one seed write the same bytes.

    Notes
    -----
    Writes `office.toml`, `zones.gpkg` (layers subdistrict, community, grid, linear_owner), `lines.gpkg` (line,
    post, number, place, water, building, green; both EPSG:4547), `problems.jsonl` (geometries
    EPSG:4326), `people.toml`, the registers (`registers.jsonl`, `inspections.jsonl`, `rounds.json`) and the list to try an import with, `示范问题清单.xlsx`.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(rng_seed)
    table = read_table("district.toml")
    district = build_district(rng)
    write_layers({**district.zones, OWNER_LAYER: district.owners}, out / "zones.gpkg")
    write_layers(line_layers(district), out / "lines.gpkg")
    people = _people(district, table)
    campaign = open_campaign(district, people)
    problems = make_problems(campaign, rng)
    with (out / "problems.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(in_json_lines(problems))
    _write(out / "people.toml", in_toml(people))
    _write(out / "office.toml", office_toml(table))
    write_registers(
        district, people, out, start=dt.date.fromisoformat(table["campaign_start"]),
        until=dt.datetime.fromisoformat(table["demo_now"]), rng_seed=rng_seed,
    )  # fmt: skip
    write_sample_list(campaign, out / "示范问题清单.xlsx", rng=rng)


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _people(district: District, table: Mapping[str, Any]) -> list[Person]:
    grid = district.zones["grid"]
    grids = {row["code"]: list(grid.loc[grid["parent"] == row["code"], "code"]) for row in table["community"]}
    return make_people(
        table["community"],
        grids,
        {command.code: command.short for command in load_kinds().commands},
        [*(unit["name"] for unit in read_table("campaign.toml")["unit"]), *RECEIVING_UNITS],
    )


def office_toml(table: Mapping[str, Any]) -> str:
    """Return the office's settings as TOML.

    Parameters
    ----------
    table
        The table `district.toml`.
    """
    return (
        f'name = "{table["name"]}"\n'
        f'subdistrict = "{table["subdistrict_code"]}"\n'
        'profile = "demo"\n'
        f"crs = {table['crs']}\n"
        f"demo_now = {table['demo_now']}\n"
        f"campaign_start = {table['campaign_start']}\n"
        f"campaign_end = {table['campaign_end']}\n"
        f'note = "{NOTE}"\n'
        "official = false\n"
    )
