// The map of the set-up page: what was tried lies over what is in force; it moves into the open step on a phone.
import { boundsOf, createMap, whenReady } from "./map.js";
import { FONT } from "./map-style.js";
import { page } from "./page.js";
import { colourOf } from "./zone-colours.js";

const LATE = "#b42318";
const ADDED = "#b35c00";
const narrow = matchMedia("(max-width: 1000px)");
const element = document.getElementById("map");
const home = element.parentElement;

export const map = createMap("map", { padding: 30 });
// For tests: what is drawn.
window.qingtuMap = map;
const empty = () => ({ type: "FeatureCollection", features: [] });

whenReady(map, () => {
  document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()));
});

function sources() {
  if (map.getSource("tried")) return;
  map.addSource("tried", { type: "geojson", data: empty() });
  map.addSource("tried-names", { type: "geojson", data: empty() });
  const role = (name) => ["==", ["get", "role"], name];
  map.addLayer({ id: "tried-fill", type: "fill", source: "tried", filter: ["any", role("closed"), role("grid")], paint: { "fill-color": ["get", "paint"], "fill-opacity": 0.34 } });
  map.addLayer({ id: "tried-line", type: "line", source: "tried", filter: ["any", role("closed"), role("grid")], paint: { "line-color": ["get", "paint"], "line-width": 2 } });
  map.addLayer({ id: "tried-added", type: "line", source: "tried", filter: role("added"), paint: { "line-color": ADDED, "line-width": 4 } });
  map.addLayer({ id: "tried-open", type: "line", source: "tried", filter: role("open"), paint: { "line-color": LATE, "line-width": 3, "line-dasharray": [2, 1] } });
  map.addLayer({
    id: "tried-labels", type: "symbol", source: "tried-names", layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13 },
    paint: { "text-color": "#17232e", "text-halo-color": "#ffffff", "text-halo-width": 2 },
  });
}

/** Draw features with a `role` (closed, grid, open, added); the view goes to them. */
export function show(features, { names = true } = {}) {
  whenReady(map, () => {
    sources();
    const painted = features.map((feature) => ({ ...feature, properties: { ...feature.properties, paint: colourOf(feature.properties.colour ?? 0) } }));
    map.getSource("tried").setData({ type: "FeatureCollection", features: painted });
    const shapes = features.filter((feature) => feature.properties.role !== "open" && feature.properties.role !== "added");
    const labels = shapes.map((feature) => ({ type: "Feature", properties: { name: feature.properties.name }, geometry: { type: "Point", coordinates: middle(feature.geometry) } }));
    map.getSource("tried-names").setData({ type: "FeatureCollection", features: names ? labels : [] });
    const seen = shapes.length ? shapes : features;
    if (seen.length) map.fitBounds(boundsOf(seen.map((feature) => feature.geometry)), { padding: 40, duration: 0 });
  });
}

function middle(geometry) {
  return boundsOf([geometry]).getCenter().toArray();
}

/** On a phone the map belongs into the step that uses it. */
export function settle() {
  const open = narrow.matches ? document.querySelector("#step-borders[open] .map-slot, #step-grids[open] .map-slot, #step-roads[open] .map-slot") : null;
  const target = open ?? home;
  if (element.parentElement !== target) target.append(element);
  map.resize();
}

narrow.addEventListener("change", settle);
for (const step of document.querySelectorAll(".step")) step.addEventListener("toggle", settle);
if (page.bounds) settle();
