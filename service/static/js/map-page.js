// The map page: ties form, list, map, details, heat and search together.
import { CASE_LAYERS, caseLayers, markChosen } from "./case-layers.js";
import { hideDetail, showDetail, watchDetail } from "./detail.js";
import { filterQuery, watchFilters } from "./filters.js";
import { addFoundLayers } from "./found-layers.js";
import { heatLayer } from "./heat.js";
import { spotLayer, tellSpot } from "./hotspots.js";
import { fillLegend, foldLegends, narrow, openLegend } from "./legend.js";
import { createMap } from "./map.js";
import { tileUrl } from "./map-style.js";
import { PLACE_LAYERS, placeLayers, placeLegend } from "./place-layers.js";
import { t } from "./page.js";
import { markRow, showResults, watchResults } from "./result-list.js";
import { watchSearch } from "./search.js";

const started = performance.now();
const map = createMap("map", { cases: filterQuery(), hash: true, padding: narrow.matches ? 10 : 36 });
const ready = new Promise((resolve) => map.once("load", resolve));
// Heat and hot spots, once the map can draw them.
let analyses = [];
let chosen = null;

/** Open one problem: panel, ring, row; `fly` brings it into view. */
async function open(id, { fly = false } = {}) {
  chosen = id;
  markChosen(map, id);
  markRow(id);
  setSheet(false);
  const position = await showDetail(id);
  if (chosen !== id || !position) return;
  const padding = narrow.matches ? { bottom: map.getContainer().clientHeight * 0.6 } : { right: 404 };
  if (fly) map.easeTo({ center: position, zoom: Math.max(map.getZoom(), 15.5), padding, duration: 600 });
  else if (covered(position)) map.easeTo({ center: position, padding, duration: 400 });
}

function covered(position) {
  const { x, y } = map.project(position);
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  return narrow.matches ? y > height * 0.25 : x > width - 420;
}

function close() {
  chosen = null;
  markChosen(map, null);
  markRow(null);
  hideDetail();
  map.setPadding({ top: 0, bottom: 0, left: 0, right: 0 });
}

function changed(query) {
  map.getSource("cases")?.setTiles([tileUrl("cases", query)]);
  document.getElementById("export").href = `/api/cases/export.xlsx${query ? `?${query}` : ""}`;
  showResults(query);
  for (const analysis of analyses) analysis.refresh(query);
}

function watchMap() {
  map.on("click", (event) => {
    const reach = 6;
    const { x, y } = event.point;
    const layers = CASE_LAYERS.filter((name) => map.getLayer(name));
    const [hit] = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers });
    if (!hit) {
      const places = PLACE_LAYERS.filter((name) => map.getLayer(name));
      const [place] = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: places });
      return place ? location.assign(`/registers/${place.properties.id}`) : tellSpot(map, event.point);
    }
    if (hit.layer.id === "case-clusters") map.easeTo({ center: hit.geometry.coordinates, zoom: map.getZoom() + 1.6 });
    else open(hit.properties.id);
  });
  for (const name of [...CASE_LAYERS, ...PLACE_LAYERS]) {
    map.on("mouseenter", name, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", name, () => (map.getCanvas().style.cursor = ""));
  }
}

const GROUPS = {
  cases: (id) => id.startsWith("case-"),
  communities: (id) => id.startsWith("zone-community") || id === "community-names",
  grids: (id) => id === "zone-grid" || id === "grid-names",
  places: (id) => id.startsWith("place-"),
};

function watchTools() {
  for (const box of document.querySelectorAll("[data-layer-group]")) {
    const show = () => {
      const mine = GROUPS[box.dataset.layerGroup];
      for (const { id } of map.getStyle().layers) {
        if (mine(id)) map.setLayoutProperty(id, "visibility", box.checked ? "visible" : "none");
      }
      const legend = document.getElementById(`${box.dataset.layerGroup}-legend`);
      if (legend) legend.hidden = !box.checked;
      if (legend && box.checked) openLegend(legend);
    };
    box.addEventListener("change", show);
    if (!box.checked) show();
  }
}

function setSheet(isOpen) {
  document.querySelector(".side").classList.toggle("open", isOpen);
  const handle = document.getElementById("sheet");
  handle.setAttribute("aria-expanded", String(isOpen));
  handle.textContent = isOpen ? t("收起") : t("筛选与列表");
}

document.getElementById("sheet").addEventListener("click", () => {
  setSheet(!document.querySelector(".side").classList.contains("open"));
});
fillLegend(document.querySelector("#legend .legend-body"));
foldLegends(document.querySelector(".legends"));
watchFilters(changed);
watchResults((id) => open(id, { fly: true }));
watchDetail(close);
changed(filterQuery());

await ready;
for (const layer of placeLayers()) map.addLayer(layer, "community-names");
// Names of communities stay above problems' dots, and below the numbers of clusters.
for (const layer of caseLayers()) map.addLayer(layer, layer.id.startsWith("case-cluster") ? undefined : "community-names");
addFoundLayers(map);
placeLegend(map, document.querySelector("#places-legend .legend-body"));
watchMap();
watchTools();
analyses = [heatLayer(map), spotLayer(map)];
for (const analysis of analyses) analysis.refresh(filterQuery());
watchSearch(map);
map.once("idle", () => {
  document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now() - started));
});
// For tests and for people with a console; nothing of ours depends on it.
window.qingtuMap = map;
