// Places a text may mean: shapes, a circle of uncertainty, and lettered markers. Search and review use it.
import { badgeMarker, boundsOf, circle, maplibre } from "./map.js";
import { page } from "./page.js";

const LETTERS = "ABCDEFGHIJ";
let markers = [];

/** A point that stands for a geometry: a line's middle vertex, an area's middle. */
export function middleOf(geometry) {
  if (geometry.type === "Point") return geometry.coordinates;
  if (geometry.type === "LineString") return along(geometry.coordinates);
  if (geometry.type === "MultiLineString") return along(geometry.coordinates.reduce((a, b) => (length(b) > length(a) ? b : a)));
  return boundsOf([geometry]).getCenter().toArray();
}

const step = ([x1, y1], [x2, y2]) => Math.hypot((x2 - x1) * Math.cos((y1 * Math.PI) / 180), y2 - y1);
const length = (line) => line.slice(1).reduce((sum, at, i) => sum + step(line[i], at), 0);

function along(line) {
  let left = length(line) / 2;
  for (let i = 1; i < line.length; i += 1) {
    const here = step(line[i - 1], line[i]);
    if (left <= here && here > 0) {
      const f = left / here;
      return [line[i - 1][0] + f * (line[i][0] - line[i - 1][0]), line[i - 1][1] + f * (line[i][1] - line[i - 1][1])];
    }
    left -= here;
  }
  return line.at(-1);
}

export function addFoundLayers(map) {
  map.addSource("found", { type: "geojson", data: collection([]) });
  const colour = page.style.chosen;
  const kind = (name) => ["==", ["get", "role"], name];
  map.addLayer({ id: "found-reach", type: "fill", source: "found", filter: kind("reach"), paint: { "fill-color": colour, "fill-opacity": 0.1 } });
  map.addLayer({ id: "found-reach-edge", type: "line", source: "found", filter: kind("reach"), paint: { "line-color": colour, "line-width": 1.2, "line-dasharray": [3, 2] } });
  map.addLayer({
    id: "found-shape", type: "line", source: "found", filter: ["all", kind("shape"), ["!=", ["geometry-type"], "Point"]],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": ["case", ["get", "active"], 6, 3.5], "line-opacity": ["case", ["get", "active"], 0.95, 0.55] },
  });
}

const collection = (features) => ({ type: "FeatureCollection", features });
const feature = (geometry, properties) => ({ type: "Feature", geometry, properties });

/** Draw candidates; `active` is the index in front. With `onChoose(index)` the markers are buttons. */
export function showCandidates(map, candidates, { active = 0, onChoose = null, letters = candidates.length > 1 } = {}) {
  clearCandidates(map);
  const features = [];
  candidates.forEach((candidate, index) => {
    const at = middleOf(candidate.geometry);
    features.push(feature(candidate.geometry, { role: "shape", active: index === active }));
    if (candidate.uncertainty_m > 0 && index === active) {
      features.push(feature(circle(at[0], at[1], candidate.uncertainty_m), { role: "reach", active: true }));
    }
    const text = letters ? LETTERS[index] ?? "·" : "";
    const marker = badgeMarker(text, at, { className: index === active ? "active" : "", onClick: onChoose && (() => onChoose(index)) });
    markers.push(marker.addTo(map));
  });
  map.getSource("found").setData(collection(features));
}

export function clearCandidates(map) {
  markers.forEach((marker) => marker.remove());
  markers = [];
  map.getSource("found")?.setData(collection([]));
}

/** Bring candidates into view, not closer than zoom 16.5. */
export function fitCandidates(map, candidates, { padding = 80 } = {}) {
  if (!candidates.length) return;
  const box = boundsOf(candidates.map((candidate) => candidate.geometry));
  map.fitBounds(box instanceof maplibre.LngLatBounds ? box : undefined, { padding, maxZoom: 16.5, duration: 500 });
}

export const letterOf = (index) => LETTERS[index] ?? String(index + 1);
export const chanceOf = (candidate) => candidate.probability ?? candidate.p ?? 0;
