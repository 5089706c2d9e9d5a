// Making a map: one way for every page that has one.
import * as maplibre from "/static/vendor/maplibre-gl/maplibre-gl.mjs";
import { page, t } from "./page.js";
import { FONT, LOCALE, mapStyle } from "./map-style.js";
import { mapImage } from "./symbols.js";

// The worker from our own address, so that the page's policy need not allow blob: scripts.
maplibre.setWorkerUrl(new URL("/static/vendor/maplibre-gl/maplibre-gl-worker.mjs", location.href).href);

export { maplibre };

/** Make a map in an element. `cases` is a filter query, or null for none; `bounds` west, south, east, north. */
export function createMap(container, { cases = null, bounds = page.bounds, hash = false, padding = 30 } = {}) {
  const map = new maplibre.Map({
    container,
    style: mapStyle({ cases }),
    bounds: bounds ? [[bounds[0], bounds[1]], [bounds[2], bounds[3]]] : undefined,
    fitBoundsOptions: { padding },
    hash: hash ? "map" : false,
    minZoom: 8,
    maxZoom: 19,
    dragRotate: false,
    pitchWithRotate: false,
    localIdeographFontFamily: FONT.map((name) => (name.includes(" ") ? `"${name}"` : name)).join(","),
    locale: LOCALE(),
    attributionControl: false,
    fadeDuration: 120,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  map.addControl(new maplibre.AttributionControl({ compact: false, customAttribution: attribution() }), "bottom-right");
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith("case/") || map.hasImage(id)) return;
    const { image, pixelRatio } = mapImage(id);
    map.addImage(id, image, { pixelRatio });
  });
  return map;
}

function attribution() {
  const note = document.createElement("span");
  note.textContent = page.note ? `${page.note} · ${t("底图由本机生成")}` : t("底图由本机生成");
  return note.outerHTML;
}

/** Wait for the style, then do something with the map. */
export function whenReady(map, work) {
  if (map.isStyleLoaded()) work();
  else map.once("load", work);
}

/** A ring of a circle in metres around a position, as a GeoJSON polygon: for showing uncertainty only. */
export function circle(lon, lat, radiusM, steps = 72) {
  const dLat = radiusM / 111_320;
  const dLon = dLat / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: steps + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / steps;
    return [lon + dLon * Math.cos(angle), lat + dLat * Math.sin(angle)];
  });
  return { type: "Polygon", coordinates: [ring] };
}

/** The box of GeoJSON geometries as [[west, south], [east, north]]. */
export function boundsOf(geometries) {
  const box = new maplibre.LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? box.extend([part[0], part[1]]) : part.forEach(walk));
  geometries.filter(Boolean).forEach((geometry) => walk(geometry.coordinates));
  return box;
}

/** A lettered or numbered round marker. */
export function badgeMarker(text, lngLat, { className = "", onClick } = {}) {
  const element = document.createElement(onClick ? "button" : "div");
  element.className = `badge-marker ${className}`;
  element.textContent = text;
  if (onClick) element.addEventListener("click", (event) => { event.stopPropagation(); onClick(); });
  return new maplibre.Marker({ element }).setLngLat(lngLat);
}
