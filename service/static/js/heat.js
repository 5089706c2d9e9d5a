// The heat layer: classes of density as vector tiles, computed in metres by the server; legend in 处/km².
import { analysisLayer } from "./analysis-layer.js";
import { balanceSpots } from "./hotspots.js";
import { tileUrl } from "./map-style.js";
import { el, number, t } from "./page.js";

let bandwidth = 150;

const asked = (query) => `${query}${query ? "&" : ""}bandwidth_m=${bandwidth}`;

function remove(map) {
  if (map.getLayer("heat")) map.removeLayer("heat");
  if (map.getSource("heat")) map.removeSource("heat");
  balanceSpots(map);
}

function draw(map, answer, query) {
  const tiles = [tileUrl("heat", asked(query))];
  if (map.getSource("heat")) return void map.getSource("heat").setTiles(tiles);
  map.addSource("heat", { type: "vector", tiles, minzoom: 8, maxzoom: 16 });
  // Faint classes let the streets through, dense ones stand out; without outlines, neighbours do not overlap.
  const opacity = ["interpolate", ["linear"], ["get", "rank"], 0, 0.55, 5, 0.8];
  const paint = { "fill-color": ["get", "colour"], "fill-opacity": opacity, "fill-antialias": false };
  const under = map.getLayer("spot-fill") ? "spot-fill" : "zone-grid";
  map.addLayer({ id: "heat", type: "fill", source: "heat", "source-layer": "heat", paint }, under);
  balanceSpots(map);
}

function tell(answer, redo) {
  const slider = el("input", { type: "range", min: 60, max: 500, step: 10, value: bandwidth, "aria-label": t("核半径") });
  const radius = el("output", { class: "num" }, t("{n} 米", { n: bandwidth }));
  slider.addEventListener("input", () => (radius.textContent = t("{n} 米", { n: slider.value })));
  slider.addEventListener("change", () => {
    bandwidth = Number(slider.value);
    redo();
  });
  const classes = answer.classes.map(({ from_per_km2: from, colour }) => {
    const key = el("i", { class: "heat-key" });
    key.style.background = colour;
    return el("span", { class: "heat-class" }, key, el("b", { class: "num" }, number(from, 1)));
  });
  const counted = answer.counted
    ? t("共 {n} 件，最高 {peak} {unit}", { n: number(answer.counted), peak: number(answer.peak_per_km2, 0), unit: answer.unit })
    : t("没有有位置的问题");
  return [
    el("p", { class: "muted" }, t("每级的下限，{unit}", { unit: answer.unit })),
    el("div", { class: "heat-classes" }, ...classes),
    el("p", { class: "muted num" }, counted),
    el("label", {}, t("核半径"), slider, radius),
  ];
}

export function heatLayer(map) {
  return analysisLayer(map, {
    button: document.getElementById("heat-toggle"),
    legend: document.getElementById("heat-legend"),
    ask: (query) => `/api/heat?${asked(query)}`,
    draw,
    remove,
    title: (answer) => t("热力 · {n} 件", { n: number(answer.counted) }),
    tell,
  });
}
