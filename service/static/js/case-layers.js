// How problems look on the map: dots far away, symbols near, counted bubbles when there are too many.
import { page } from "./page.js";
import { FONT, SYMBOLS_FROM_ZOOM } from "./map-style.js";

const command = () => ["match", ["get", "command"], ...page.style.commands.filter((c) => c.code).flatMap((c) => [c.code, c.colour]), page.style.commands.at(-1).colour];
const finished = ["==", ["get", "rank"], 0];
const fade = (faint, full) => ["case", finished, faint, full];
const layer = (id, sublayer, rest) => ({ id, source: "cases", "source-layer": sublayer, ...rest });

export const CASE_LAYERS = ["case-symbols", "case-dots", "case-lines", "case-area-edges", "case-clusters"];

export function caseLayers() {
  const round = { "line-cap": "round", "line-join": "round" };
  return [
    layer("case-areas", "areas", { type: "fill", filter: ["!", finished], paint: { "fill-color": command(), "fill-opacity": 0.06 } }),
    layer("case-area-edges", "areas", {
      type: "line",
      paint: { "line-color": command(), "line-width": fade(0.8, 2), "line-opacity": fade(0.3, 0.9), "line-dasharray": [2, 1.5] },
    }),
    layer("case-line-casing", "lines", {
      type: "line", layout: { ...round, "line-sort-key": ["get", "rank"] }, filter: ["!", finished],
      paint: {
        "line-color": ["case", ["==", ["get", "late"], 1], page.style.late, "#ffffff"],
        "line-width": ["interpolate", ["linear"], ["zoom"], 12, 4, 17, 10],
      },
    }),
    layer("case-lines", "lines", {
      type: "line", layout: { ...round, "line-sort-key": ["get", "rank"] },
      paint: {
        "line-color": command(), "line-opacity": fade(0.25, 1),
        "line-width": ["interpolate", ["linear"], ["zoom"], 12, fade(1, 2.4), 17, fade(3, 7)],
      },
    }),
    layer("case-dots", "points", {
      type: "circle", maxzoom: SYMBOLS_FROM_ZOOM, layout: { "circle-sort-key": ["get", "rank"] },
      paint: {
        "circle-color": command(), "circle-opacity": fade(0.35, 1),
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, fade(2, 3.5), SYMBOLS_FROM_ZOOM, fade(3.5, 6.5)],
        "circle-stroke-width": ["case", ["==", ["get", "late"], 1], 2, 1],
        "circle-stroke-color": ["case", ["==", ["get", "late"], 1], page.style.late, "#ffffff"],
        "circle-stroke-opacity": fade(0.4, 1),
      },
    }),
    layer("case-symbols", "points", {
      type: "symbol", minzoom: SYMBOLS_FROM_ZOOM,
      layout: {
        "icon-image": ["concat", "case/", ["case", ["==", ["get", "command"], ""], "none", ["get", "command"]], "/", ["get", "state"], "/", ["to-string", ["get", "late"]]],
        "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "rank"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], SYMBOLS_FROM_ZOOM, fade(0.5, 0.66), 17, fade(0.8, 1)],
      },
      paint: { "icon-opacity": fade(0.7, 1) },
    }),
    layer("case-clusters", "clusters", {
      type: "circle",
      paint: {
        "circle-color": page.style.cluster, "circle-opacity": 0.88, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2,
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 11, 10, 19, 40, 30],
      },
    }),
    layer("case-cluster-counts", "clusters", {
      type: "symbol", paint: { "text-color": "#ffffff" },
      layout: { "text-field": ["to-string", ["get", "n"]], "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
    }),
    ...chosenLayers(),
  ];
}

function chosenLayers() {
  const none = ["==", ["get", "id"], ""];
  return [
    layer("chosen-point", "points", {
      type: "circle", filter: none,
      paint: { "circle-radius": 16, "circle-opacity": 0, "circle-stroke-color": page.style.chosen, "circle-stroke-width": 3.5 },
    }),
    layer("chosen-line", "lines", {
      type: "line", filter: none, layout: { "line-cap": "round" },
      paint: { "line-color": page.style.chosen, "line-width": 4, "line-gap-width": 12 },
    }),
  ];
}

/** Ring the problem with this id, or none. */
export function markChosen(map, id) {
  for (const name of ["chosen-point", "chosen-line"]) {
    if (map.getLayer(name)) map.setFilter(name, ["==", ["get", "id"], id ?? ""]);
  }
}
