// The register's places: not problems, so quiet; off until somebody asks.
import { FONT } from "./map-style.js";
import { page } from "./page.js";

export function placeLayers() {
  const classes = Object.entries(page.style.places).filter(([name]) => name);
  const colour = ["match", ["get", "place_class"], ...classes.flatMap(([name, looks]) => [name, looks.colour]), page.style.places[""].colour];
  const layer = (id, rest) => ({ id, source: "places", "source-layer": "places", ...rest });
  return [
    layer("place-dots", {
      type: "circle", layout: { visibility: "none" },
      paint: { "circle-color": "#ffffff", "circle-stroke-color": colour, "circle-stroke-width": 2, "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 2, 17, 5] },
    }),
    layer("place-names", {
      type: "symbol", minzoom: 16, layout: { visibility: "none", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-offset": [0, 1.1], "text-anchor": "top" },
      paint: { "text-color": page.style.basemap.label, "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
    }),
  ];
}
