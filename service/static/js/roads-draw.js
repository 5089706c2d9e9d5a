// Drawing and correcting one line or point: vertices move, new ones come from the middles, ends snap to what is there.
import { page, t } from "./page.js";

const SNAP_PX = 12;
const APART_PX = 44;
const feature = (geometry, properties = {}) => ({ type: "Feature", properties, geometry });
const collection = (features) => ({ type: "FeatureCollection", features });

/** Add drawing to a map. `lines()` gives the geometries to snap to, `changed()` is told after every step. */
export function addDrawing(map, { lines, changed, hint }) {
  const state = { mode: null, points: [], done: [], undone: [], drag: null, chosen: null };
  map.addSource("drawn", { type: "geojson", data: collection([]) });
  map.addLayer({ id: "drawn-line", type: "line", source: "drawn", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": page.style.chosen, "line-width": 4 } });
  map.addLayer({ id: "drawn-middle", type: "circle", source: "drawn", filter: ["==", ["get", "role"], "middle"], paint: { "circle-radius": 4, "circle-color": page.style.chosen, "circle-opacity": 0.55 } });
  map.addLayer({ id: "drawn-vertex", type: "circle", source: "drawn", filter: ["==", ["get", "role"], "vertex"], paint: { "circle-radius": ["case", ["get", "chosen"], 8, 6], "circle-color": "#ffffff", "circle-stroke-color": page.style.chosen, "circle-stroke-width": 3 } });

  const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];

  /** The vertices with a handle: both ends, and between them only what is far enough apart to be grasped. */
  function handles(points) {
    const kept = [];
    let last = null;
    points.forEach((at, index) => {
      const here = map.project(at);
      const end = index === 0 || index === points.length - 1 || index === state.chosen;
      if (!end && last && Math.hypot(here.x - last.x, here.y - last.y) < APART_PX) return;
      kept.push(index);
      last = here;
    });
    return kept;
  }

  function draw() {
    const { points } = state;
    const shown = handles(points);
    const vertices = shown.map((index) => feature({ type: "Point", coordinates: points[index] }, { role: "vertex", index, chosen: index === state.chosen }));
    const gaps = shown.slice(1).filter((index, at) => index === shown[at] + 1);
    const middles = state.mode === "line" ? gaps.map((index) => feature({ type: "Point", coordinates: middle(points[index - 1], points[index]) }, { role: "middle", index })) : [];
    const path = points.length > 1 ? [feature({ type: "LineString", coordinates: points })] : [];
    map.getSource("drawn").setData(collection([...path, ...middles, ...vertices]));
    hint.hidden = !state.mode;
    if (state.mode) hint.textContent = state.mode === "line" ? t("点地图加点，拖动圆点移动，拖动中点加弯；Backspace 删去选中的点") : t("点地图放点，可拖动");
    map.getCanvas().style.cursor = state.mode ? "crosshair" : "";
  }

  function step(points) {
    state.done.push(state.points);
    state.undone = [];
    state.points = points;
    draw();
    changed();
  }

  /** The nearest end or vertex of a line within reach, else the nearest place on a line, else the position itself. */
  function snapped(lngLat) {
    const here = map.project(lngLat);
    let best = { far: SNAP_PX, at: null };
    let along = { far: SNAP_PX, at: null };
    for (const geometry of lines()) {
      const path = geometry.coordinates;
      for (let index = 0; index < path.length; index += 1) {
        const point = map.project(path[index]);
        const far = Math.hypot(point.x - here.x, point.y - here.y);
        if (far < best.far) best = { far, at: path[index] };
        if (index) along = nearer(along, map.project(path[index - 1]), point, here);
      }
    }
    if (best.at) return [...best.at];
    if (along.at) return along.at.toArray();
    return [lngLat.lng, lngLat.lat];
  }

  function nearer(found, from, to, here) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    const share = length ? Math.min(1, Math.max(0, ((here.x - from.x) * dx + (here.y - from.y) * dy) / length)) : 0;
    const [x, y] = [from.x + share * dx, from.y + share * dy];
    const far = Math.hypot(x - here.x, y - here.y);
    return far < found.far ? { far, at: map.unproject([x, y]) } : found;
  }

  map.on("click", (event) => {
    if (!state.mode || state.justDragged) return;
    const hit = map.queryRenderedFeatures(event.point, { layers: ["drawn-vertex"] })[0];
    if (hit) {
      state.chosen = hit.properties.index;
      draw();
      return;
    }
    const at = snapped(event.lngLat);
    state.chosen = null;
    step(state.mode === "point" ? [at] : [...state.points, at]);
  });

  function grab(event) {
    if (!state.mode) return;
    const box = [[event.point.x - 8, event.point.y - 8], [event.point.x + 8, event.point.y + 8]];
    const hit = map.queryRenderedFeatures(box, { layers: ["drawn-vertex", "drawn-middle"] })[0];
    if (!hit) return;
    event.preventDefault();
    const before = state.points;
    const index = hit.properties.index;
    const points = hit.properties.role === "middle" ? [...before.slice(0, index), [event.lngLat.lng, event.lngLat.lat], ...before.slice(index)] : [...before];
    const shown = handles(points).filter((number) => number !== index);
    const from = Math.max(-1, ...shown.filter((number) => number < index));
    const until = Math.min(points.length, ...shown.filter((number) => number > index));
    // The ends stay where they are unless they are what is dragged.
    state.drag = { index, before, start: points, from: from < 0 ? index : from, until: until === points.length ? index : until, moved: hit.properties.role === "middle" };
    state.points = points;
    map.dragPan.disable();
  }

  /** The points with the grasped one elsewhere; those without a handle beside it follow in proportion. */
  function dragged(to) {
    const { index, start, from, until } = state.drag;
    const [dx, dy] = [to[0] - start[index][0], to[1] - start[index][1]];
    return start.map((at, number) => {
      if (number <= from || number >= until) return number === index ? to : at;
      const share = number <= index ? (number - from) / (index - from) : (until - number) / (until - index);
      return [at[0] + dx * share, at[1] + dy * share];
    });
  }

  function drag(event) {
    if (!state.drag) return;
    state.points = dragged([event.lngLat.lng, event.lngLat.lat]);
    state.drag.moved = true;
    draw();
  }

  function drop(event) {
    if (!state.drag) return;
    const { index, before, moved } = state.drag;
    const points = moved && event.lngLat ? dragged(snapped(event.lngLat)) : state.points;
    state.drag = null;
    map.dragPan.enable();
    if (!moved) return;
    state.points = before;
    state.chosen = index;
    state.justDragged = true;
    setTimeout(() => { state.justDragged = false; }, 0);
    step(points);
  }

  map.on("zoomend", () => state.mode && draw());
  for (const [name, work] of [["mousedown", grab], ["touchstart", grab], ["mousemove", drag], ["touchmove", drag], ["mouseup", drop], ["touchend", drop]]) map.on(name, work);

  return {
    start(mode, points = []) {
      Object.assign(state, { mode, points: points.map((at) => [at[0], at[1]]), done: [], undone: [], chosen: null });
      draw();
      changed();
    },
    stop() {
      Object.assign(state, { mode: null, points: [], done: [], undone: [], chosen: null });
      draw();
    },
    undo() {
      if (!state.done.length) return;
      state.undone.push(state.points);
      state.points = state.done.pop();
      state.chosen = null;
      draw();
      changed();
    },
    redo() {
      if (!state.undone.length) return;
      state.done.push(state.points);
      state.points = state.undone.pop();
      draw();
      changed();
    },
    remove() {
      const index = state.chosen ?? state.points.length - 1;
      if (index < 0) return;
      state.chosen = null;
      step(state.points.filter((_, number) => number !== index));
    },
    get active() { return state.mode !== null; },
    get canUndo() { return state.done.length > 0; },
    get canRedo() { return state.undone.length > 0; },
    /** What is drawn as GeoJSON, null while it is not enough. */
    get geometry() {
      if (state.mode === "point") return state.points.length ? { type: "Point", coordinates: state.points[0] } : null;
      return state.points.length > 1 ? { type: "LineString", coordinates: state.points } : null;
    },
  };
}
