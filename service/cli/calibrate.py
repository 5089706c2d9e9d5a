"""`qingtu gazetteer calibrate`: learn from reviewed cases how sure the answers may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geodata.errors import CalibrationError, QingtuError
from service.cli.console import JsonOption, answer_json, fail, progress_bar, say
from service.cli.reviewed_rows import Reviewed, read_reviewed
from service.words import said, tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geodata.geocode import Geocoder
    from geodata.geocode.calibration import Case
    from geodata.geocode.refitting import Measure, Refit

_CHUNK = 200


def calibrate_command(
    gazetteer: Annotated[Path, typer.Argument(help="地名库文件，标定写在里面")],
    cases: Annotated[
        Path | None,
        typer.Argument(help="人工核对过位置的清单：.xlsx .csv，含位置描述、经度、纬度，可有所属区域"),
    ] = None,
    datum: Annotated[
        str, typer.Option("--datum", help="清单坐标的基准：wgs84 cgcs2000 gcj02 bd09 EPSG:n")
    ] = "wgs84",
    column: Annotated[str | None, typer.Option("--column", help="位置描述那一列的表头")] = None,
    area_column: Annotated[str | None, typer.Option("--area-column", help="所属区域那一列的表头")] = None,
    lon_column: Annotated[str | None, typer.Option("--lon-column", help="经度那一列的表头")] = None,
    lat_column: Annotated[str | None, typer.Option("--lat-column", help="纬度那一列的表头")] = None,
    check: Annotated[bool, typer.Option("--check", help="只看效果，不写入")] = False,
    shipped: Annotated[bool, typer.Option("--shipped", help="去掉本单位的标定，恢复随软件提供的")] = False,
    as_json: JsonOption = False,
) -> None:
    """用本单位核对过的案件重新标定“把握”，写入地名库。

    例：qingtu gazetteer calibrate 地名库.qgz 已核对.xlsx --datum gcj02
    """
    from geodata.gazetteer.confidence import set_confidence
    from geodata.geocode.confidence_table import format_table

    columns = {"location": column, "area": area_column, "lon": lon_column, "lat": lat_column}
    if shipped == (cases is not None):
        raise typer.BadParameter(tr("给出清单，或写 --shipped", "give a list, or --shipped"))
    try:
        if cases is None:
            set_confidence(gazetteer, None)
            say(tr("已恢复随软件提供的标定", "the shipped calibration is in force again"))
            return
        rows = read_reviewed(cases, columns, datum)
        found, used, places = _refit(gazetteer, rows)
        written = found.is_better and not check
        if written:
            set_confidence(gazetteer, format_table(found.calibration))
    except QingtuError as error:
        fail(said(error))
    if as_json:
        answer_json(_as_data(found, rows, used=used, places=places, written=written))
    else:
        _print(found, rows, used=used, places=places)
        if written:
            say(tr(f"已写入 {gazetteer}", f"written into {gazetteer}"))
    if not found.is_better:
        fail(
            tr(
                "按未参与拟合的案件检验，新标定并不更准，没有写入：继续用原来的，案件多了再试",
                "on cases it was not fitted to the new calibration is no better, so it was not written: keep "
                "the present one and try again with more cases",
            )
        )


def _refit(gazetteer: Path, rows: Reviewed) -> tuple[Refit, int, int]:
    """Return the new calibration, how many cases it rests on, and at how many places."""
    import numpy as np

    from geodata.crs import WGS84, reproject_xy
    from geodata.geocode import Geocoder
    from geodata.geocode.calibration import LEAST_CASES, places_of
    from geodata.geocode.confidence_table import shipped
    from geodata.geocode.curves import by_drawn_rule
    from geodata.geocode.judging import own_records
    from geodata.geocode.refitting import LEAST_PLACES, refit
    from geodata.text.normalize import normalise

    geocoder = Geocoder.open(gazetteer)
    xy = reproject_xy(rows.lonlat, WGS84, geocoder.crs)
    own = own_records(geocoder.gazetteer, rows.texts, xy)
    cases = _judge(geocoder, rows, xy)
    answered = np.array([case is not None for case in cases], dtype=bool)
    ruled = np.array([case is not None and by_drawn_rule(case.signals.method) for case in cases], dtype=bool)
    rows.left_out[tr("本身就在地名库里，不能作证", "in the gazetteer itself, proves nothing")] += int(
        own.sum()
    )
    rows.left_out[tr("没有答案", "not found")] += int((~answered & ~own).sum())
    rows.left_out[tr("只凭实测线路作答，另有规则", "answered from drawn lines, which have a rule")] += int(
        (ruled & ~own).sum()
    )
    kept = np.flatnonzero(answered & ~own & ~ruled)
    used = [case for row in kept.tolist() if (case := cases[row]) is not None]
    if len(used) < LEAST_CASES:
        reasons = _reasons(rows.left_out)
        raise CalibrationError(
            tr(
                f"能用来标定的案件只有 {len(used)} 条，至少要 {LEAST_CASES} 条"
                f"{'（' + reasons + '）' if reasons else ''}；再多核对一些，现有标定不变",
                f"only {len(used)} cases can be used, at least {LEAST_CASES} are needed"
                f"{' (' + reasons + ')' if reasons else ''}; review more, the calibration stays as it is",
            )
        )
    texts = [normalise(rows.texts[row]).text for row in kept.tolist()]
    places = places_of(texts, xy[kept])
    count = len(np.unique(places))
    if count < LEAST_PLACES:
        raise CalibrationError(
            tr(
                f"{len(used)} 条案件只在 {count} 处地点，至少要 {LEAST_PLACES} 处：多核对些别处的，现有标定不变",
                f"{len(used)} cases lie at {count} places only, at least {LEAST_PLACES} are needed: review "
                "some elsewhere, the calibration stays as it is",
            )
        )
    start = shipped()
    about = {
        "version": f"{start.about.get('version', '')}+",
        "name": "本单位标定 the office's own",
        "cases": str(len(used)),
        "places": str(count),
        "start": f"{start.about.get('name', '')} {start.about.get('version', '')}".strip(),
    }
    return refit(used, places, start=start, about=about), len(used), count


def _judge(geocoder: Geocoder, rows: Reviewed, xy: NDArray[np.float64]) -> list[Case | None]:
    from geodata.geocode.judging import judged

    cases: list[Case | None] = []
    with progress_bar(tr("正在定位", "locating")) as report:
        for at in range(0, len(rows.texts), _CHUNK):
            part = slice(at, at + _CHUNK)
            cases += judged(geocoder, rows.texts[part], rows.areas[part], xy[part])
            report(len(cases), len(rows.texts))
    return cases


def _reasons(left_out: Mapping[str, int]) -> str:
    return "，".join(f"{reason} {count}" for reason, count in left_out.items() if count)


def _as_data(found: Refit, rows: Reviewed, *, used: int, places: int, written: bool) -> dict[str, Any]:
    def of(measures: tuple[Measure, ...]) -> list[dict[str, Any]]:
        return [asdict(own) for own in measures]

    return {
        "cases": used,
        "places": places,
        "left_out": {reason: count for reason, count in rows.left_out.items() if count},
        "before": of(found.before),
        "after": of(found.after),
        "written": written,
    }


def _print(found: Refit, rows: Reviewed, *, used: int, places: int) -> None:
    say(tr(f"用了 {used} 条案件，{places} 处地点", f"{used} cases at {places} places"))
    reasons = _reasons(rows.left_out)
    if reasons:
        say(tr(f"没有用：{reasons}", f"left out: {reasons}"))
    say(
        tr(
            "标定误差和布里尔分（越小越好；“新”按地点分组交叉检验）：",
            "calibration error and Brier score (lower is better; new: cross-validated by place):",
        )
    )
    for old, new in zip(found.before, found.after, strict=True):
        say(
            tr(
                f"  {old.radius_m:>3} 米内  误差 {old.ece:.3f} → {new.ece:.3f}  布里尔分 {old.brier:.4f} → {new.brier:.4f}",
                f"  within {old.radius_m:>3} m  error {old.ece:.3f} -> {new.ece:.3f}  Brier {old.brier:.4f} -> {new.brier:.4f}",
            )
        )
