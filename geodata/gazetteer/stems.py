"""Road names that are nearly the same: by a direction (建设西路, 建设路) or an elevation."""

from __future__ import annotations

import re

_DIRECTED = re.compile(r"^(.{2,}?)[东西南北中](路|街|大街|大道|道)$")
_RAISED = re.compile(r"(快速路|快速通道|高架路|高架桥|高架|辅路|辅道|地面道路)$")
_SECTION = re.compile(r"[东西南北中]段$")


def stem_of(name: str) -> str:
    """Return what a road name has in common with its sections.

    Examples
    --------
    >>> stem_of("建设西路"), stem_of("建设路"), stem_of("农业快速路"), stem_of("西三环")
    ('建设路', '建设路', '农业路', '西三环路')
    """
    stem = _SECTION.sub("", name)
    raised = _RAISED.sub("", stem)
    if raised != stem and len(raised) >= 2:
        stem = raised if raised.endswith(("路", "街", "道", "环", "线")) else raised + "路"
    if stem.endswith("环"):
        stem += "路"
    match = _DIRECTED.match(stem)
    return match.group(1) + match.group(2) if match else stem
