// A round on the map: checked, failed, still to do; the walk of the chosen grid.
import { boundsOf, createMap } from "./map.js";
import { page } from "./page.js";

const points = page.places.map((place) => ({ type: "Feature", properties: { id: place.id, result: place.result }, geometry: { type: "Point", coordinates: [place.lon, place.lat] } }));
const own = getComputedStyle(document.documentElement);
const colour = (name) => own.getPropertyValue(`--${name}`).trim();

if (points.length) {
  const [[west, south], [east, north]] = boundsOf(points.map((point) => point.geometry)).toArray();
  const map = createMap("map", { bounds: [west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4], padding: 36 });
  map.once("load", () => {
    map.addSource("round", { type: "geojson", data: { type: "FeatureCollection", features: points } });
    map.addSource("walk", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: page.todo } } });
    if (page.todo.length > 1) map.addLayer({ id: "walk", type: "line", source: "walk", paint: { "line-color": page.style.cluster, "line-width": 2, "line-dasharray": [2, 1.5] } });
    map.addLayer({
      id: "round-places", type: "circle", source: "round",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 3, 17, 8], "circle-stroke-width": 2,
        "circle-color": ["match", ["get", "result"], "pass", colour("good"), "fail", colour("late"), "#ffffff"],
        "circle-stroke-color": ["match", ["get", "result"], "pass", "#ffffff", "fail", "#ffffff", colour("ink-3")],
      },
    });
    map.on("click", "round-places", (event) => location.assign(`/registers/${event.features[0].properties.id}`));
    map.on("mouseenter", "round-places", () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", "round-places", () => (map.getCanvas().style.cursor = ""));
    document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()));
  });
  window.qingtuMap = map;
}
