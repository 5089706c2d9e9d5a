// The register's places by class: not problems, so quiet; off until somebody asks.
import { FONT } from "./map-style.js";
import { el, number, page, t } from "./page.js";

export const PLACE_LAYERS = ["place-dots", "place-lines"];
const NONE = ["==", ["get", "place_class"], "\u0000"];
const KINDS = { "place-dots": "Point", "place-glyphs": "Point", "place-lines": "LineString", "place-names": "Point" };
const hidden = new Set();

const byClass = (pick) => {
  const classes = page.placeClasses ?? [];
  const pairs = classes.filter((one) => one.code).flatMap((one) => [one.code, pick(one)]);
  const other = pick(classes.find((one) => !one.code) ?? { ...page.style.places[""], name: "" });
  return pairs.length ? ["match", ["get", "place_class"], ...pairs, other] : other;
};
const only = (kind) => ["all", ["==", ["geometry-type"], kind], ["!", ["in", ["get", "place_class"], ["literal", [...hidden]]]]];

export function placeLayers() {
  const layer = (id, rest) => ({ id, source: "places", "source-layer": "places", filter: KINDS[id] ? only(KINDS[id]) : NONE, ...rest });
  const off = { visibility: "none" };
  return [
    layer("place-lines", { type: "line", layout: { ...off, "line-cap": "round" }, paint: { "line-color": byClass((one) => one.colour), "line-width": 3, "line-opacity": 0.75 } }),
    layer("place-dots", {
      type: "circle", layout: off,
      paint: {
        "circle-color": byClass((one) => one.colour), "circle-stroke-width": 1.5,
        // Whether it is still there is asked: a hollow ring.
        "circle-opacity": ["case", ["==", ["get", "status"], "closed?"], 0.15, 1], "circle-stroke-color": ["case", ["==", ["get", "status"], "closed?"], byClass((one) => one.colour), "#ffffff"],
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 2.5, 15, 6, 17, 9],
      },
    }),
    layer("place-glyphs", {
      type: "symbol", minzoom: 15, layout: { ...off, "text-field": byClass((one) => one.glyph), "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 15, 8, 17, 11], "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": byClass((one) => one.ink) },
    }),
    layer("place-names", {
      type: "symbol", minzoom: 16.5, layout: { ...off, "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-offset": [0, 1.1], "text-anchor": "top" },
      paint: { "text-color": page.style.basemap.label, "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
    }),
  ];
}

/** The classes with their looks; each can be switched off. Shown while the layer is on. */
export function placeLegend(map, box) {
  const toggle = (code, shown) => {
    if (shown) hidden.delete(code);
    else hidden.add(code);
    for (const [id, kind] of Object.entries(KINDS)) map.setFilter(id, only(kind));
  };
  const row = (one) => el("label", { class: "place-class" },
    el("input", { type: "checkbox", checked: true, onchange: (event) => toggle(one.code, event.target.checked) }),
    swatch(one), `${one.name} `, el("span", { class: "muted num" }, number(one.count)));
  box.replaceChildren(...(page.placeClasses ?? []).map(row), el("a", { href: "/registers" }, t("看台账")));
}

function swatch(one) {
  const made = el("i", { class: "place-swatch", "aria-hidden": "true" }, one.glyph);
  made.style.background = one.colour;
  made.style.color = one.ink;
  return made;
}
