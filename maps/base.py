"""A folium map that needs no network: Leaflet comes with it, there are no tiles.

`folium.Map` links a dozen files from elsewhere. `OfflineMap` links none; what Leaflet needs stands in
the page. It behaves as any folium map: shapes and layers of folium can be added to it as long as they
bring no links of their own (`maps.export.write_html` refuses those).
"""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element
from folium.template import Template

from maps import assets
from maps.safe import escape_html, json_block
from maps.style import PLACEMENT_STYLE, css_variables


class RawText(Element):
    """Text that goes into the page as it is.

    branca renders what a macro returns as a template once more, so `{{ … }}` in a datum would be
    evaluated in this process. Nothing of ours goes through a macro therefore.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 - branca's signature
        """Return the text."""
        return self._text


class OfflineMap(folium.Map):
    """A folium map without links, tiles and background.

    Parameters
    ----------
    title
        Of the page; shown in the browser's tab.
    options
        Passed to Leaflet's map, in folium's spelling.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads it, nobody changes it
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template("""
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }}, ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
    """)

    def __init__(self, *, title: str = "", **options: Any) -> None:
        super().__init__(
            location=[0, 0], tiles=None, zoom_control=False, attribution_control=False, **options
        )
        figure: Any = self.get_root()
        figure.title = escape_html(title)
        figure.header.add_child(RawText(_OFFLINE_HEAD.format(
            licences=assets.licences(), style=assets.leaflet_style(), script=assets.leaflet_script()
        )), name="leaflet")  # fmt: skip


_OFFLINE_HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
<!-- {licences} -->
<style>{style}</style>
<style>html, body, .folium-map {{ width: 100%; height: 100%; margin: 0 }}</style>
<script>{script}</script>"""


class ProblemPage(Element):
    """The head, panels and scripts that turn an `OfflineMap` into a problem map.

    Parameters
    ----------
    data
        What `assets/page/` reads: rows, unplaced, zones, basemap, density, view, counts, words, style.
    """

    _name = "ProblemPage"

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()
        self._style = f"<style>{css_variables()}{assets.page_style()}</style>"
        self._body = f"{_skeleton(data)}\n{json_block(data, element_id='qingtu-data')}"

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 - branca's signature
        """Put the parts into the figure that the map belongs to."""
        figure: Any = self.get_root()
        page: Any = self._parent
        start = f"{assets.page_script()}\nQingtu.start({page.get_name()});"
        figure.header.add_child(RawText(self._style), name="page_style")
        figure.html.add_child(RawText(self._body), name="page_body")
        figure.script.add_child(RawText(start), name="page_script")
        return ""


def _chip(key: str, number: int, words: str) -> str:
    colour = PLACEMENT_STYLE[key][0]
    return (
        f'<li data-count="{key}"><i style="--colour:{colour}"></i>{escape_html(words)} <b>{number:,}</b></li>'
    )


def _skeleton(data: dict[str, Any]) -> str:
    """The page's fixed parts; every word of it is escaped here."""
    words, counts = data["words"], data["counts"]
    chips = [f'<li data-count="rows">{escape_html(words["rows"])} <b>{counts["rows"]:,}</b></li>']
    shown = [key for key in PLACEMENT_STYLE if counts[key] or key != "refused"]
    chips += [_chip(key, counts[key], data["style"]["placements"][key]["word"]) for key in shown]
    note = f'<span class="q-note">{escape_html(data["note"])}</span>' if data["note"] else ""
    made = words["date"].replace("{date}", data["made_on"]) if data["made_on"] else ""
    missing = len(data["unplaced"])
    unplaced = words["unplaced"].replace("{n}", f"{missing:,}")
    search = escape_html(words["search"])
    return f"""
<header class="q-head">
  <h1>{escape_html(data["title"])}</h1>
  <ul class="q-counts">{"".join(chips)}</ul>
  <div class="q-meta">{note}<span>{escape_html(made)}</span>
    <button type="button" class="q-tool" id="q-print">{escape_html(words["print"])}</button></div>
</header>
<div class="q-stage"><p class="q-old">{escape_html(words["opening"])}</p>
  <div class="q-search"><input id="q-search" type="search" autocomplete="off" placeholder="{search}" aria-label="{search}">
    <div id="q-results" hidden></div></div>
  <aside id="q-legend"><button type="button" id="q-legend-toggle" aria-controls="q-legend-body">{escape_html(words["legend"])}</button>
    <div id="q-legend-body"></div></aside>
  <section id="q-unplaced"><button type="button" id="q-unplaced-toggle" aria-expanded="false">{escape_html(unplaced)}</button>
    <div id="q-unplaced-body"></div></section>
  <section id="q-sheet" hidden></section>
  <output id="q-readout"></output>
</div>"""
