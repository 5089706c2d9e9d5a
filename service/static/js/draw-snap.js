// Snapping to vertices, borders and block edges within a distance on the screen.
import { store } from "./draw-store.js";

export const REACH_PX = 12;
let segments = new Float64Array(0);
let count = 0;

function ringsOf(geometry) {
  return geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : geometry.coordinates;
}

/** Take up the borders of all zones and the edges of the blocks in view. */
export function indexEdges(blocks) {
  const rings = [...store.shapes.values(), ...blocks].flatMap((feature) => ringsOf(feature.geometry));
  count = rings.reduce((sum, ring) => sum + Math.max(ring.length - 1, 0), 0);
  segments = new Float64Array(count * 4);
  let at = 0;
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 1) {
      segments[at] = ring[i][0];
      segments[at + 1] = ring[i][1];
      segments[at + 2] = ring[i + 1][0];
      segments[at + 3] = ring[i + 1][1];
      at += 4;
    }
  }
}

/** The vertex, else the nearest spot of an edge, within reach of a point on the screen; else the point itself. */
export function snap(map, point, { reach = REACH_PX, edges = true, except = null } = {}) {
  const free = map.unproject(point);
  const corner = map.unproject([point.x + reach, point.y - reach]);
  const [dx, dy] = [Math.abs(corner.lng - free.lng), Math.abs(corner.lat - free.lat)];
  let vertex = null;
  let edge = null;
  for (let at = 0; at < count * 4; at += 4) {
    const [x1, y1, x2, y2] = [segments[at], segments[at + 1], segments[at + 2], segments[at + 3]];
    if (Math.min(x1, x2) > free.lng + dx || Math.max(x1, x2) < free.lng - dx) continue;
    if (Math.min(y1, y2) > free.lat + dy || Math.max(y1, y2) < free.lat - dy) continue;
    vertex = nearer(map, point, [x1, y1], vertex, reach, except);
    if (edges) edge = nearer(map, point, along(map, point, [x1, y1], [x2, y2]), edge, reach, except);
  }
  if (vertex) return { at: vertex.at, role: "snap" };
  if (edge) return { at: edge.at, role: "snap-edge" };
  return { at: [free.lng, free.lat], role: null };
}

function nearer(map, point, at, best, reach, except) {
  if (except && at[0] === except[0] && at[1] === except[1]) return best;
  const there = map.project(at);
  const distance = Math.hypot(there.x - point.x, there.y - point.y);
  return distance <= reach && (!best || distance < best.distance) ? { at, distance } : best;
}

function along(map, point, from, to) {
  const [a, b] = [map.project(from), map.project(to)];
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const share = length ? Math.min(1, Math.max(0, ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length)) : 0;
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}

/** Vertices and middles of a zone's rings in view, for dragging; none when there are too many to see. */
export function handlesOf(map, feature, limit = 1500) {
  if (!feature) return [];
  const view = map.getBounds();
  const inside = ([lng, lat]) => lng >= view.getWest() && lng <= view.getEast() && lat >= view.getSouth() && lat <= view.getNorth();
  const handles = [];
  for (const ring of ringsOf(feature.geometry)) {
    for (let i = 0; i + 1 < ring.length; i += 1) {
      if (inside(ring[i])) handles.push({ at: ring[i], role: "vertex", before: ring[(i || ring.length - 1) - 1], after: ring[i + 1] });
      const middle = [(ring[i][0] + ring[i + 1][0]) / 2, (ring[i][1] + ring[i + 1][1]) / 2];
      if (!inside(middle)) continue;
      const [a, b] = [map.project(ring[i]), map.project(ring[i + 1])];
      if (Math.hypot(a.x - b.x, a.y - b.y) > 36) handles.push({ at: middle, role: "middle", before: ring[i], after: ring[i + 1] });
    }
  }
  return handles.length > limit ? [] : handles;
}
