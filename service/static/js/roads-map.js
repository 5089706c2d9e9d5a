// The layers of the page of roads and places: entries by class, drafts, and what a check would move.
import { boundsOf, createMap } from "./map.js";
import { page } from "./page.js";

const COLOURS = { road: "#8a5a00", rail: "#5b5b66", water: "#1769aa", place: "#7a3fa0", post: "#b3261e" };
const collection = (features) => ({ type: "FeatureCollection", features });
const colour = ["match", ["get", "class"], ...Object.entries(COLOURS).flat(), "#333333"];

export function roadsMap({ picked, ready }) {
  const map = createMap("map", { hash: false });
  map.on("load", () => {
    for (const id of ["entries", "drafts", "preview", "moves"]) map.addSource(id, { type: "geojson", data: collection([]) });
    const isLine = ["==", ["geometry-type"], "LineString"];
    const isPoint = ["==", ["geometry-type"], "Point"];
    map.addLayer({ id: "entry-lines", type: "line", source: "entries", filter: isLine, layout: { "line-cap": "round" }, paint: { "line-color": colour, "line-width": ["case", ["boolean", ["get", "chosen"], false], 6, 2.2], "line-opacity": 0.75 } });
    map.addLayer({ id: "entry-points", type: "circle", source: "entries", filter: isPoint, minzoom: 14, paint: { "circle-color": colour, "circle-radius": ["case", ["boolean", ["get", "chosen"], false], 8, 4], "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 } });
    map.addLayer({ id: "preview-lines", type: "line", source: "preview", filter: isLine, paint: { "line-color": colour, "line-width": 3, "line-dasharray": [1, 1] } });
    map.addLayer({ id: "preview-points", type: "circle", source: "preview", filter: isPoint, paint: { "circle-color": colour, "circle-radius": 4 } });
    map.addLayer({ id: "draft-lines", type: "line", source: "drafts", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": page.style.chosen, "line-width": 4, "line-dasharray": [2, 1] } });
    map.addLayer({ id: "draft-points", type: "circle", source: "drafts", filter: isPoint, paint: { "circle-color": page.style.chosen, "circle-radius": 6, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
    map.addLayer({ id: "move-arrows", type: "line", source: "moves", filter: ["==", ["get", "role"], "way"], paint: { "line-color": page.style.late, "line-width": 1.6, "line-dasharray": [2, 2] } });
    map.addLayer({ id: "move-shapes", type: "line", source: "moves", filter: ["all", ["!=", ["get", "role"], "way"], ["!=", ["geometry-type"], "Point"]], paint: { "line-color": ["case", ["==", ["get", "role"], "after"], page.style.late, "#666666"], "line-width": 4, "line-opacity": 0.6 } });
    map.addLayer({ id: "move-points", type: "circle", source: "moves", filter: isPoint, paint: { "circle-color": ["case", ["==", ["get", "role"], "after"], page.style.late, "#ffffff"], "circle-stroke-color": ["case", ["==", ["get", "role"], "after"], "#ffffff", "#666666"], "circle-stroke-width": 2, "circle-radius": 5 } });
    map.on("click", ({ point }) => {
      const box = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
      const hit = map.queryRenderedFeatures(box, { layers: ["entry-points", "entry-lines"] })[0];
      picked(hit ? hit.properties.key : null);
    });
    ready();
  });
  return map;
}

export function showEntries(map, entries, chosen) {
  map.getSource("entries").setData(collection(entries.map((entry) => ({ ...entry, properties: { ...entry.properties, chosen: chosen.has(entry.properties.key) } }))));
}

export function showDrafts(map, edits) {
  const drawn = edits.filter((edit) => edit.geometry && edit.standing !== "in_force");
  map.getSource("drafts").setData(collection(drawn.map((edit) => ({ type: "Feature", properties: {}, geometry: edit.geometry }))));
}

export function showPreview(map, features) {
  map.getSource("preview").setData(collection(features));
  if (features.length) map.fitBounds(boundsOf(features.map((one) => one.geometry)), { padding: 60, maxZoom: 17 });
}

function middleOf(geometry) {
  let at = geometry.coordinates;
  while (Array.isArray(at[0])) at = at[Math.floor(at.length / 2)];
  return at;
}

export function showMoves(map, items) {
  const features = items.flatMap((item) => {
    const made = [["before", item.before_geometry], ["after", item.after_geometry]].filter(([, geometry]) => geometry).map(([role, geometry]) => ({ type: "Feature", properties: { role, id: item.id }, geometry }));
    if (made.length === 2) made.push({ type: "Feature", properties: { role: "way" }, geometry: { type: "LineString", coordinates: [middleOf(item.before_geometry), middleOf(item.after_geometry)] } });
    return made;
  });
  map.getSource("moves").setData(collection(features));
}

export function goTo(map, geometries) {
  map.fitBounds(boundsOf(geometries), { padding: 80, maxZoom: 17.5, duration: 300 });
}
