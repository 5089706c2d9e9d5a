"""The words of an exported page, in Chinese and English. Words of the data itself are in `style`."""

from __future__ import annotations

from collections.abc import Mapping

from maps.style import Lang, Words

PAGE_WORDS: Mapping[str, Words] = {
    "basemap": Words("底图（道路、水系、建筑）", "Background"),
    "by_command": Words("按指挥部显示", "By command"),
    "by_status": Words("按定位结果显示", "By placement"),
    "by_trade": Words("按类别显示", "By class"),
    "certainty": Words("把握", "certainty"),
    "close": Words("关闭", "Close"),
    "community": Words("社区、网格", "Community, grid"),
    "copied": Words("已复制", "Copied"),
    "copy": Words("复制表格", "Copy table"),
    "copy_failed": Words("复制失败，请用下载", "Copy failed, use download"),
    "date": Words("{date} 制图", "Made {date}"),
    "description": Words("问题描述", "Description"),
    "download": Words("下载 CSV", "Download CSV"),
    "first_n": Words("只列前 {n} 条", "first {n} shown"),
    "found_n": Words("找到 {n} 条", "{n} found"),
    "found_none": Words("没有找到", "Nothing found"),
    "kind": Words("类别", "Kind"),
    "km": Words("公里", "km"),
    "layers": Words("图层", "Layers"),
    "leader": Words("分包领导", "Leader"),
    "legend": Words("图层与图例", "Layers and legend"),
    "length": Words("长度", "Length"),
    "line": Words("行", "Row"),
    "line_n": Words("第 {n} 行", "row {n}"),
    "location": Words("位置描述", "Location"),
    "m": Words("米", "m"),
    "method": Words("定位依据", "Method"),
    "more_n": Words("再列出（还有 {n} 行）", "Show more ({n} left)"),
    "name": Words("名称或问题", "Name or problem"),
    "near_border": Words(
        "离社区边界很近，归属请核对。", "Close to a border: check which community it belongs to."
    ),
    "not_found": Words("未落图", "not on the map"),
    "original_row": Words("表中原样", "Row as listed"),
    "opening": Words(
        "正在打开地图……如果一直停在这里，请换用新版的 Edge、Chrome 或 360 浏览器（极速模式）打开本文件。",
        "Opening the map… If it stays like this, open the file with a recent Edge, Chrome or Firefox.",
    ),
    "outcome": Words("结果", "Result"),
    "points_places": Words("台账位置", "Places"),
    "points_problems": Words("问题位置", "Problems"),
    "print": Words("打印", "Print"),
    "reason": Words("说明", "Reason"),
    "refused": Words("拒绝", "refused"),
    "reported_at": Words("日期", "Date"),
    "rivals": Words("也可能在：", "It may also be:"),
    "rows": Words("共", "Rows"),
    "search": Words("搜索名称、地址或行号", "Search name, address or row number"),
    "shapes": Words("线状、面状位置", "Lines and areas"),
    "shares": Words("分段", "Shares"),
    "owner": Words("线状权属", "Linear owner"),
    "sheet": Words("工作表", "Sheet"),
    "state": Words("状态", "State"),
    "text": Words("位置描述", "Location"),
    "uncertainty": Words("误差范围", "Uncertainty"),
    "unit": Words("责任单位", "Unit"),
    "unplaced": Words("未能落图的 {n} 行", "{n} rows not on the map"),
    "unplaced_file": Words("未落图清单", "unplaced-rows"),
    "zone_community": Words("社区边界", "Communities"),
    "zone_grid": Words("网格边界", "Grids"),
    "zone_subdistrict": Words("街道边界", "Subdistrict"),
    "zoom_in": Words("放大", "Zoom in"),
    "zoom_out": Words("缩小", "Zoom out"),
}
DENSITY_TITLE = {"places": Words("不合格热力", "Heat of failed items"), "problems": Words("热力", "Heat")}
DENSITY_UNIT = {
    "places": Words("项/平方公里", "failed items per km²"),
    "problems": Words("件/平方公里", "problems per km²"),
}
DENSITY_NOTE = Words(
    "{n} 个位置的核密度，半径 {bandwidth} 米，最高 {peak}。{left}",
    "Kernel density of {n} positions, radius {bandwidth} m, peak {peak}. {left}",
)
DENSITY_LEFT = Words("位置太粗的 {n} 个没有计入。", "{n} positions too vague to count were left out.")


def page_words(lang: Lang) -> dict[str, str]:
    """Return the page's words in a language, by key."""
    return {key: words.in_language(lang) for key, words in PAGE_WORDS.items()}
