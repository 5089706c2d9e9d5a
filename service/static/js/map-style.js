// The map's style: our own tiles, our own colours (maps.style), text drawn by the browser itself.
// Without a `glyphs` address MapLibre draws every character, Latin ones too, with local fonts.
import { page, t } from "./page.js";

export const FONT = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
export const SYMBOLS_FROM_ZOOM = 14.6;
const HALO = { "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.6 };

export function tileUrl(layer, query = "") {
  return `${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt${query ? `?${query}` : ""}`;
}

const vector = (layer, { minzoom = 6, maxzoom = 16, query = "" } = {}) => ({
  type: "vector", tiles: [tileUrl(layer, query)], minzoom, maxzoom,
});

// Road widths in pixels at zoom 12 and 18, by class; unknown classes are ordinary streets.
const ROADS = {
  motorway: [3, 46], trunk: [3, 44], primary: [2.4, 42], secondary: [1.8, 32], tertiary: [1.2, 24],
  residential: [0.7, 18], service: [0.3, 8], footway: [0.2, 4],
};

function roadWidth(extra) {
  const at = (index) => [
    "match", ["get", "kind"], ...Object.entries(ROADS).flatMap(([kind, widths]) => [kind, widths[index] + extra]), [1.5, 24][index] + extra,
  ];
  return ["interpolate", ["exponential", 1.5], ["zoom"], 12, at(0), 18, at(1)];
}

const kindOrder = ["match", ["get", "kind"], "motorway", 8, "trunk", 7, "primary", 6, "secondary", 5, "tertiary", 4, "residential", 2, "service", 1, 3];

function ground() {
  const colours = page.style.basemap;
  const basemap = (id, layer, rest) => ({ id, source: "basemap", "source-layer": layer, ...rest });
  return [
    { id: "land", type: "background", paint: { "background-color": colours.land } },
    basemap("green", "green", { type: "fill", paint: { "fill-color": colours.green } }),
    basemap("water", "water", { type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colours.water } }),
    basemap("water-lines", "water", {
      type: "line", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colours.water, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 11, 1.5, 18, 26] },
    }),
    basemap("buildings", "building", {
      type: "fill", minzoom: 14,
      paint: { "fill-color": colours.building, "fill-outline-color": colours.road_casing, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0.2, 15.5, 1] },
    }),
    basemap("road-casing", "road", {
      type: "line", layout: { "line-cap": "round", "line-join": "round", "line-sort-key": kindOrder },
      paint: { "line-color": colours.road_casing, "line-width": roadWidth(1.8) },
    }),
    basemap("road", "road", {
      type: "line", layout: { "line-cap": "round", "line-join": "round", "line-sort-key": kindOrder },
      paint: { "line-color": colours.road, "line-width": roadWidth(0) },
    }),
    basemap("rail", "rail", { type: "line", paint: { "line-color": colours.rail, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1.2, 17, 5] } }),
    basemap("rail-sleepers", "rail", {
      type: "line", minzoom: 12.5,
      paint: { "line-color": "#ffffff", "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 17, 3], "line-dasharray": [4, 4] },
    }),
  ];
}

function borders() {
  const zones = page.style.zones;
  const line = (level, paint, rest = {}) => ({
    id: `zone-${level}`, type: "line", source: "zones", "source-layer": "borders", filter: ["==", ["get", "level"], level],
    layout: { "line-join": "round" }, paint: { "line-color": zones[level].colour, ...paint }, ...rest,
  });
  return [
    line("grid", { "line-width": zones.grid.width, "line-dasharray": [3, 2], "line-opacity": 0.8 }, { minzoom: 13 }),
    { ...line("community", { "line-color": "#ffffff", "line-width": zones.community.width + 3, "line-opacity": 0.65 }), id: "zone-community-halo" },
    line("community", { "line-width": zones.community.width }),
    line("subdistrict", { "line-width": zones.subdistrict.width }),
  ];
}

function names() {
  const colours = page.style.basemap;
  const label = (id, layer, layout, paint, rest = {}) => ({
    id, type: "symbol", source: "basemap", "source-layer": layer, filter: ["!=", ["get", "name"], ""], ...rest,
    layout: { "text-field": ["get", "name"], "text-font": FONT, ...layout }, paint: { "text-color": colours.label, ...HALO, ...paint },
  });
  return [
    label("water-names", "water", { "text-size": 12, "symbol-placement": "line", "text-letter-spacing": 0.2, "symbol-spacing": 500 },
      { "text-color": "#39708f" }, { minzoom: 13 }),
    label("rail-names", "rail", { "text-size": 11, "symbol-placement": "line", "symbol-spacing": 500 }, {}, { minzoom: 13 }),
    label("road-names", "road", {
      "symbol-placement": "line", "symbol-spacing": 360, "text-padding": 6, "text-letter-spacing": 0.08,
      "text-size": ["interpolate", ["linear"], ["zoom"], 13, 11, 17, 14], "symbol-sort-key": ["-", 10, kindOrder],
    }, {}, { minzoom: 13 }),
    {
      id: "grid-names", type: "symbol", source: "zones", "source-layer": "labels", minzoom: 15, filter: ["==", ["get", "level"], "grid"],
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12 },
      paint: { "text-color": page.style.zones.community.colour, ...HALO },
    },
    {
      id: "community-names", type: "symbol", source: "zones", "source-layer": "labels", minzoom: 11.5, maxzoom: 16.5,
      filter: ["==", ["get", "level"], "community"],
      layout: {
        "text-field": ["get", "name"], "text-font": ["Noto Sans CJK SC Bold", ...FONT], "text-letter-spacing": 0.06,
        "text-size": ["interpolate", ["linear"], ["zoom"], 12, 12, 15, 17], "text-allow-overlap": true,
      },
      paint: { "text-color": page.style.zones.subdistrict.colour, "text-halo-color": "rgba(255,255,255,0.95)", "text-halo-width": 2 },
    },
  ];
}

/** The style without problems; `cases` adds the problems that a query selects. */
export function mapStyle({ cases = null } = {}) {
  const style = {
    version: 8,
    sources: { basemap: vector("basemap", { maxzoom: 17 }), zones: vector("zones", { maxzoom: 15 }) },
    layers: [...ground(), ...borders(), ...names()],
  };
  if (cases !== null) {
    style.sources.cases = vector("cases", { minzoom: 8, maxzoom: 16, query: cases });
    style.sources.places = vector("places", { minzoom: 12, maxzoom: 16 });
  }
  return style;
}

export const LOCALE = () => ({
  "NavigationControl.ZoomIn": t("放大"), "NavigationControl.ZoomOut": t("缩小"), "NavigationControl.ResetBearing": t("正北朝上"),
  "ScaleControl.Meters": t("米"), "ScaleControl.Kilometers": t("千米"), "AttributionControl.ToggleAttribution": t("来源说明"),
  "Map.Title": t("地图"), "GeolocateControl.FindMyLocation": t("我的位置"), "GeolocateControl.LocationNotAvailable": t("无法取得位置"),
});
