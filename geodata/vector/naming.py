"""What offices call the layers and columns of their border files, in the contract's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LEVEL_NAMES: Mapping[str, str] = {
    "subdistrict": "subdistrict", "community": "community", "grid": "grid",
    "街道": "subdistrict", "社区": "community", "网格": "grid",
}  # fmt: skip
_COLUMNS: Mapping[str, re.Pattern[str]] = {
    "code": re.compile(
        r"(社区|网格|街道|区划|行政区划|统计|单位)?(代码|编码|编号)|code|dm|bm", re.IGNORECASE
    ),
    "name": re.compile(r"(社区|网格|街道|区划|单位)?(名称|名)|社区|网格|name|mc", re.IGNORECASE),
    "parent": re.compile(r"(上级|所属)(社区|街道)?(代码|编码)?|parent", re.IGNORECASE),
    "leader": re.compile(r"负责人|网格长|网格员|leader", re.IGNORECASE),
}
_CODE_IN_NAME = re.compile(
    r"^\s*(?:(?P<before>\d{6,15})[\s_\-]*(?P<after_code>\D.*)|(?P<plain>\D.*?)[\s_\-（(]*(?P<after>\d{6,15})[)）]?)\s*$"
)


def with_contract_columns(columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Return columns with `code`, `name`, `parent`, `leader` added where another word stands for them.

    Without any code, one written before or after each name is taken.

    Examples
    --------
    >>> with_contract_columns({"名称": ["410105560003 绿地社区"]})["code"]
    ['410105560003']
    """
    found = dict(columns)
    for wanted, pattern in _COLUMNS.items():
        if wanted not in found:
            other = next((name for name in columns if pattern.fullmatch(name.strip())), None)
            if other is not None:
                found[wanted] = list(columns[other])
    if "code" not in found and "name" in found:
        split = [_CODE_IN_NAME.match(str(name or "")) for name in found["name"]]
        if split and all(split):
            found["code"] = [match["before"] or match["after"] for match in split if match]
            found["name"] = [(match["after_code"] or match["plain"]).strip() for match in split if match]
    return found
