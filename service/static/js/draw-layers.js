// How a drawing looks on the map: zones in their own colours, blocks, what is open, what is being drawn.
import { page } from "./page.js";
import { FONT } from "./map-style.js";
import { store } from "./draw-store.js";
import { COLOURS } from "./zone-colours.js";

export { colourOf } from "./zone-colours.js";

const colour = ["match", ["%", ["get", "colour"], COLOURS.length], ...COLOURS.slice(1).flatMap((value, i) => [i + 1, value]), COLOURS[0]];
const empty = () => ({ type: "FeatureCollection", features: [] });
const level = (name) => ["==", ["get", "level"], name];

/** Put sources and layers on the map, beneath the names of the basemap. */
export function addDrawing(map) {
  for (const name of ["draw-blocks", "draw-zones", "draw-labels", "draw-findings", "draw-line", "draw-handles"]) {
    map.addSource(name, { type: "geojson", data: empty(), ...(name === "draw-blocks" ? { generateId: true } : {}) });
  }
  const under = "water-names";
  const put = (layer) => map.addLayer(layer, under);
  put({ id: "draw-zone-fill", type: "fill", source: "draw-zones", filter: level("community"), paint: { "fill-color": colour, "fill-opacity": 0.32 } });
  put({ id: "draw-grid-fill", type: "fill", source: "draw-zones", filter: level("grid"), layout: { visibility: "none" }, paint: { "fill-color": colour, "fill-opacity": 0.32 } });
  put({ id: "draw-finding-fill", type: "fill", source: "draw-findings", paint: { "fill-color": page.style.late, "fill-opacity": 0.28 } });
  put({ id: "draw-finding-line", type: "line", source: "draw-findings", paint: { "line-color": page.style.late, "line-width": 2, "line-dasharray": [2, 1] } });
  put({
    id: "draw-block-fill", type: "fill", source: "draw-blocks",
    paint: {
      "fill-color": ["case", ["boolean", ["feature-state", "picked"], false], page.style.chosen, "#17232e"],
      "fill-opacity": ["case", ["boolean", ["feature-state", "picked"], false], 0.4, ["boolean", ["feature-state", "hover"], false], 0.14, 0],
    },
  });
  put({ id: "draw-block-line", type: "line", source: "draw-blocks", paint: { "line-color": "#17232e", "line-opacity": 0.35, "line-width": 0.8, "line-dasharray": [3, 2] } });
  put({ id: "draw-grid-line", type: "line", source: "draw-zones", filter: level("grid"), minzoom: 12, layout: { "line-join": "round" }, paint: { "line-color": colour, "line-width": 1.4, "line-dasharray": [3, 2] } });
  put({ id: "draw-zone-halo", type: "line", source: "draw-zones", filter: level("community"), layout: { "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 5, "line-opacity": 0.7 } });
  put({ id: "draw-zone-line", type: "line", source: "draw-zones", filter: level("community"), layout: { "line-join": "round" }, paint: { "line-color": colour, "line-width": 2.6 } });
  put({ id: "draw-top-line", type: "line", source: "draw-zones", filter: level("subdistrict"), layout: { "line-join": "round" }, paint: { "line-color": page.style.zones.subdistrict.colour, "line-width": 3, "line-dasharray": [4, 2] } });
  put({ id: "draw-chosen", type: "line", source: "draw-zones", filter: ["==", ["get", "code"], ""], layout: { "line-join": "round" }, paint: { "line-color": page.style.chosen, "line-width": 4 } });
  map.addLayer({
    id: "draw-names", type: "symbol", source: "draw-labels", filter: level("community"),
    layout: { "text-field": ["get", "words"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 11.5, 10, 13, 13], "text-padding": 1 },
    paint: { "text-color": "#17232e", "text-halo-color": "#ffffff", "text-halo-width": 2 },
  });
  map.addLayer({
    id: "draw-grid-names", type: "symbol", source: "draw-labels", filter: level("grid"), minzoom: 14.4,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11 }, paint: { "text-color": "#17232e", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
  });
  map.addLayer({ id: "draw-line-area", type: "fill", source: "draw-line", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": page.style.chosen, "fill-opacity": 0.18 } });
  map.addLayer({ id: "draw-line-path", type: "line", source: "draw-line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": page.style.chosen, "line-width": 3.5 } });
  map.addLayer({
    id: "draw-handle-points", type: "circle", source: "draw-handles",
    paint: {
      "circle-radius": ["match", ["get", "role"], "middle", 4, "snap", 8, "snap-edge", 8, 6],
      "circle-color": ["match", ["get", "role"], "snap", "rgba(255,255,255,0)", "snap-edge", "rgba(255,255,255,0)", "middle", "#ffffff", page.style.chosen],
      "circle-stroke-color": ["match", ["get", "role"], "middle", page.style.chosen, "snap", "#17232e", "snap-edge", page.style.chosen, "#ffffff"],
      "circle-stroke-width": 2,
    },
  });
  showOld(map, false);
}

/** The borders in force, for comparison: off until asked for. */
export function showOld(map, on) {
  for (const id of ["zone-grid", "zone-community-halo", "zone-community", "zone-subdistrict", "grid-names", "community-names"]) {
    if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", on && !id.includes("names") && id !== "zone-grid" ? "visible" : "none");
  }
}

export function drawZones(map) {
  const features = [...store.shapes.values()].filter((feature) => feature.geometry.coordinates.length);
  map.getSource("draw-zones").setData({ type: "FeatureCollection", features });
  const names = new Map(store.zones.map((zone) => [`${zone.level}/${zone.code}`, zone.name]));
  const labels = features.filter((feature) => feature.properties.at).map(({ properties }) => ({
    type: "Feature", geometry: { type: "Point", coordinates: properties.at },
    properties: { level: properties.level, name: names.get(`${properties.level}/${properties.code}`), words: names.get(`${properties.level}/${properties.code}`) },
  }));
  map.getSource("draw-labels").setData({ type: "FeatureCollection", features: labels });
  const open = store.findings.filter((finding) => finding.geometry && finding.kind !== "island")
    .map((finding) => ({ type: "Feature", properties: { kind: finding.kind, level: finding.level }, geometry: finding.geometry }));
  map.getSource("draw-findings").setData({ type: "FeatureCollection", features: open });
}

export function showLevel(map, name) {
  map.setLayoutProperty("draw-grid-fill", "visibility", name === "grid" ? "visible" : "none");
  map.setLayoutProperty("draw-zone-fill", "visibility", name === "grid" ? "none" : "visible");
  map.setFilter("draw-finding-fill", level(name));
  map.setFilter("draw-finding-line", level(name));
}

export function markZone(map, name, code) {
  map.setFilter("draw-chosen", ["all", level(name), ["==", ["get", "code"], code ?? ""]]);
}

export function drawLine(map, points, { closed = false } = {}) {
  const features = [];
  if (closed && points.length > 2) features.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...points, points[0]]] } });
  if (points.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: points } });
  map.getSource("draw-line").setData({ type: "FeatureCollection", features });
}

export function drawHandles(map, handles) {
  map.getSource("draw-handles").setData({
    type: "FeatureCollection",
    features: handles.map(({ at, role }) => ({ type: "Feature", properties: { role }, geometry: { type: "Point", coordinates: at } })),
  });
}
