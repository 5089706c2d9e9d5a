// Putting a pin or drawing a line on the map by hand.
import { maplibre } from "./map.js";
import { page, t } from "./page.js";

const HINTS = { pin: () => t("点地图放图钉，可拖动微调"), line: () => t("依次点出这条线，Backspace 撤一点，Enter 保存") };

/** Add pin and line drawing; `changed({pin}|{line}|null)` after every change. */
export function addSketch(map, { buttons, hint, changed }) {
  let mode = null;
  let pin = null;
  let line = [];

  map.addSource("sketch", { type: "geojson", data: empty() });
  map.addLayer({ id: "sketch-line", type: "line", source: "sketch", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": page.style.chosen, "line-width": 5 } });
  map.addLayer({
    id: "sketch-points", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 5, "circle-color": "#ffffff", "circle-stroke-color": page.style.chosen, "circle-stroke-width": 3 },
  });

  function draw() {
    const points = line.map((at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
    const path = line.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } }] : [];
    map.getSource("sketch").setData({ type: "FeatureCollection", features: [...path, ...points] });
  }

  function tell() {
    const { lng, lat } = pin.getLngLat();
    changed({ pin: { lon: lng, lat } });
  }

  function pinAt(lngLat) {
    pin ??= new maplibre.Marker({ draggable: true, color: page.style.chosen }).setLngLat(lngLat).addTo(map).on("dragend", tell);
    pin.setLngLat(lngLat);
  }

  function putPin(lngLat) {
    pinAt(lngLat);
    tell();
  }

  function clear() {
    pin?.remove();
    pin = null;
    line = [];
    draw();
  }

  function show() {
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === mode));
    hint.hidden = !mode;
    hint.textContent = mode ? HINTS[mode]() : "";
    map.getCanvas().style.cursor = mode ? "crosshair" : "";
  }

  map.on("click", ({ lngLat }) => {
    if (mode === "pin") putPin(lngLat);
    if (mode === "line") {
      line.push([lngLat.lng, lngLat.lat]);
      draw();
      changed({ line: [...line] });
    }
  });

  return {
    start(name) {
      const same = mode === name;
      mode = same ? null : name;
      if (!same) {
        clear();
        changed(null);
      }
      show();
    },
    stop() {
      mode = null;
      show();
    },
    undo() {
      if (mode !== "line" || !line.length) return;
      line.pop();
      draw();
      changed(line.length ? { line: [...line] } : null);
    },
    clear,
    /** Put a pin to be dragged; nothing has changed until it is. */
    pinAt,
  };
}

const empty = () => ({ type: "FeatureCollection", features: [] });
