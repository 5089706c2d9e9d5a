// The hand on the map: clicking and painting blocks, lines, polygons, merging, pulling vertices.
import { t } from "./page.js";
import { act, blocksIn, shapeOf, store, tell, when, zoneOf } from "./draw-store.js";
import { drawHandles, drawLine } from "./draw-layers.js";
import { handlesOf, indexEdges, REACH_PX, snap } from "./draw-snap.js";
import { newest } from "./api.js";

const MOST_BLOCKS = 4000; // as many as the server sends
const LINES = { polygon: 3, split: 2, cut: 2 };
const coarse = matchMedia("(pointer: coarse)");
const HINTS = {
  look: () => t("拖动看图；滚轮或双指缩放"),
  give: (name) => name && coarse.matches ? t("点街块，划给“{name}”；点已划入的是移出", { name })
    : name ? t("点或拖过街块，划给“{name}”；点已划入的是移出。按住空格拖动看图", { name }) : t("先在清单里选一个区划，或新设一个"),
  polygon: (name) => name ? t("依次点出地块的角，划给“{name}”；圆圈内自动吸附。Enter 完成，Esc 取消", { name }) : t("先在清单里选一个区划，或新设一个"),
  split: () => t("画一条线切开区划：从边界外画到边界外，圆圈内自动吸附。Enter 完成"),
  merge: (name) => name ? t("点一个相邻区划，把它并入“{name}”", { name }) : t("先在清单里选一个区划，或新设一个"),
  vertex: (name) => name ? t("拖动“{name}”边界上的点，邻居跟着动；空心点拖出新的角", { name }) : t("先在清单里选一个区划，或新设一个"),
  cut: () => t("画一条线把街块切成两块，再分别点给区划。Enter 完成"),
};

export const hand = { tool: "give", level: "community", code: null };
let map = null;
let blocks = [];
let had = {};
let loading = null;
let points = [];
let picked = new Set();
let painting = null;
let dragged = null;
let space = false;
const latest = newest();
const $ = (id) => document.getElementById(id);
const chosen = () => zoneOf(hand.level, hand.code);

/** Make the hand work on a map. */
export function watchHand(on) {
  map = on;
  const box = map.getCanvasContainer();
  map.boxZoom.disable();
  map.doubleClickZoom.disable();
  map.keyboard.disable(); // our own keys also work beside the map
  box.addEventListener("pointerdown", pressed, { capture: true });
  addEventListener("pointermove", moved);
  addEventListener("pointerup", released);
  addEventListener("pointercancel", released);
  map.on("click", clicked);
  map.on("dblclick", (event) => {
    if (!LINES[hand.tool]) return;
    event.preventDefault();
    points.pop(); // the second click of the two set a point as well
    finish();
  });
  map.on("mousemove", hovered);
  map.on("moveend", () => refreshBlocks().then(refreshHandles));
  when("drawn", ({ blocks: changed, whole }) => {
    indexEdges(blocks);
    refreshHandles();
    if (changed || whole) loading = refreshBlocks();
  });
  addEventListener("keydown", (event) => { if (event.code === "Space" && !typing(event)) { space = true; event.preventDefault(); } });
  addEventListener("keyup", (event) => { if (event.code === "Space") space = false; });
  $("done").addEventListener("click", finish);
  $("back").addEventListener("click", back);
  $("cancel").addEventListener("click", cancel);
}

export const typing = (event) => event.target.matches?.("input:not([type=checkbox]):not([type=range]), textarea, select") || document.querySelector("dialog[open]");

/** The blocks that were last asked for, when they are there. */
export const blocksReady = () => loading;

/** Blocks of the view, with a margin so that small moves need none. */
export async function refreshBlocks() {
  if (!store.version) return;
  const view = map.getBounds();
  const [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
  // The same blocks again, or part of them: nothing to ask for.
  if (had.blocks === store.blocks && had.all && west >= had.west && south >= had.south && east <= had.east && north <= had.north) return;
  const [dx, dy] = [(east - west) / 4, (north - south) / 4];
  const asked = { blocks: store.blocks, west: west - dx, south: south - dy, east: east + dx, north: north + dy };
  const found = await latest((signal) => blocksIn([asked.west, asked.south, asked.east, asked.north], signal));
  if (!found) return;
  had = { ...asked, all: found.features.length < MOST_BLOCKS };
  blocks = found.features;
  map.getSource("draw-blocks").setData({ type: "FeatureCollection", features: blocks });
  picked.clear();
  indexEdges(blocks);
}

export function choose(tool) {
  if (!store.editable && tool !== "look") return;
  cancel();
  hand.tool = tool;
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  map.getCanvas().style.cursor = tool === "look" ? "" : "crosshair";
  const ground = tool === "give" || tool === "cut" ? "visible" : "none";
  map.setLayoutProperty("draw-block-fill", "visibility", ground);
  map.setLayoutProperty("draw-block-line", "visibility", ground);
  refreshHandles();
  hint();
}

export function hint() {
  $("hint").textContent = store.editable ? HINTS[hand.tool](chosen()?.name) : t("草图已签发，只能看");
}

export function refreshHandles() {
  drawHandles(map, hand.tool === "vertex" && store.editable ? handlesOf(map, shapeOf(hand.level, hand.code)) : []);
}

function at(event) {
  const frame = map.getCanvas().getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}

// Blocks: the first one under the hand says whether we give or take.
const blockAt = (point) => map.queryRenderedFeatures([point.x, point.y], { layers: ["draw-block-fill"] })[0];

function ownerAt(point) {
  const layer = hand.level === "grid" ? "draw-grid-fill" : "draw-zone-fill";
  return map.queryRenderedFeatures([point.x, point.y], { layers: [layer] })[0]?.properties.code ?? null;
}

function pick(point) {
  const block = blockAt(point);
  if (!block || picked.has(block.id)) return;
  picked.add(block.id);
  map.setFeatureState({ source: "draw-blocks", id: block.id }, { picked: true });
}

function pressed(event) {
  if (!store.editable || store.placing || !event.isPrimary || event.button !== 0 || space) return;
  const point = at(event);
  if (hand.tool === "vertex") return grab(event, point);
  // A finger pans and taps; only a mouse or pen paints.
  if (hand.tool !== "give" || event.pointerType === "touch" || !chosen() || !blockAt(point)) return;
  map.dragPan.disable();
  painting = { taking: $("take").checked || ownerAt(point) === hand.code };
  pick(point);
}

function moved(event) {
  if (painting) pick(at(event));
  if (dragged && event.isPrimary) drag(at(event));
}

function released(event) {
  if (dragged) return drop(event.type === "pointercancel");
  if (!painting) return;
  map.dragPan.enable();
  give(painting.taking);
  painting = null;
}

function give(taking) {
  const chosenBlocks = blocks.filter((_, index) => picked.has(index));
  for (const id of picked) map.setFeatureState({ source: "draw-blocks", id }, { picked: false });
  picked = new Set();
  if (!chosenBlocks.length) return;
  const inside = chosenBlocks.map(({ properties }) => [properties.lon, properties.lat]);
  act({ act: "give", level: hand.level, code: taking ? null : hand.code, points: inside.slice(0, 2000) });
}

// Clicks.
function clicked(event) {
  if (!store.editable || store.placing) return;
  const { point } = event;
  const touch = event.originalEvent.pointerType === "touch" || event.originalEvent.sourceCapabilities?.firesTouchEvents;
  if (hand.tool === "give") {
    if (!chosen()) return tell("say", HINTS.give());
    if (touch) {
      pick(point);
      give($("take").checked || ownerAt(point) === hand.code);
    } else if (!blockAt(point)) tell("say", t("这里没有街块；没有道路的地方请用“画面”"));
    return;
  }
  if (hand.tool === "merge") return mergeAt(point);
  if (!LINES[hand.tool]) return;
  if (hand.tool === "polygon" && !chosen()) return tell("say", HINTS.polygon());
  points.push(snap(map, point, { reach: touch ? 2 * REACH_PX : REACH_PX }).at);
  showLine();
}

function mergeAt(point) {
  const gone = ownerAt(point);
  if (!chosen()) return tell("say", HINTS.merge());
  if (gone && gone !== hand.code) act({ act: "merge", level: hand.level, into: hand.code, gone });
}

function hovered(event) {
  if (hand.tool === "give") return hoverBlock(event.point);
  if (!LINES[hand.tool]) return;
  const found = snap(map, event.point);
  drawHandles(map, [...points.map((point) => ({ at: point, role: "vertex" })), ...(found.role ? [{ at: found.at, role: found.role }] : [])]);
  if (points.length) drawLine(map, [...points, found.at], { closed: hand.tool === "polygon" });
}

let under = null;
function hoverBlock(point) {
  const block = blockAt(point)?.id ?? null;
  if (block === under) return;
  if (under !== null) map.setFeatureState({ source: "draw-blocks", id: under }, { hover: false });
  if (block !== null) map.setFeatureState({ source: "draw-blocks", id: block }, { hover: true });
  under = block;
}

function showLine() {
  drawLine(map, points, { closed: hand.tool === "polygon" });
  drawHandles(map, points.map((point) => ({ at: point, role: "vertex" })));
  $("finish").hidden = !points.length;
  $("done").disabled = points.length < LINES[hand.tool];
}

export function back() {
  if (!points.length) return;
  points.pop();
  showLine();
}

/** Give up what is being drawn; false when there was nothing. */
export function cancel() {
  const busy = points.length > 0 || dragged !== null;
  points = [];
  dragged = null;
  drawLine(map, []);
  drawHandles(map, []);
  $("finish").hidden = true;
  refreshHandles();
  return busy;
}

export async function finish() {
  const drawn = points.filter((point, i) => !i || point[0] !== points[i - 1][0] || point[1] !== points[i - 1][1]);
  if (!LINES[hand.tool] || drawn.length < LINES[hand.tool]) return;
  const action = hand.tool === "polygon"
    ? { act: "give_shape", level: hand.level, code: $("take").checked ? null : hand.code, ring: drawn }
    : hand.tool === "cut" ? { act: "cut", line: drawn } : splitOf(drawn);
  if (!action) return tell("say", t("这条线下面没有区划可切"));
  cancel();
  await act(action);
}

function splitOf(line) {
  // The zone under the middle of the line, which may begin and end outside.
  const spots = line.slice(1).map((point, i) => [(point[0] + line[i][0]) / 2, (point[1] + line[i][1]) / 2]);
  const codes = spots.map((spot) => ownerAt(map.project(spot))).filter(Boolean);
  const code = codes.includes(hand.code) ? hand.code : codes[Math.floor(codes.length / 2)];
  return code ? { act: "split", level: hand.level, code, line } : null;
}

// Vertices.
function grab(event, point) {
  const reach = event.pointerType === "touch" ? 24 : 10;
  let best = null;
  for (const handle of handlesOf(map, shapeOf(hand.level, hand.code))) {
    const there = map.project(handle.at);
    const distance = Math.hypot(there.x - point.x, there.y - point.y);
    if (distance <= reach && (!best || distance < best.distance)) best = { ...handle, distance };
  }
  if (!best) return;
  map.dragPan.disable();
  dragged = { ...best, to: best.at, moved: false };
}

function drag(point) {
  const found = snap(map, point, { edges: false, except: dragged.at });
  dragged.to = found.at;
  dragged.moved = true;
  drawLine(map, [dragged.before, dragged.to, dragged.after]);
  drawHandles(map, [{ at: dragged.to, role: found.role ?? "vertex" }]);
}

function drop(gaveUp) {
  const { at: from, to, moved: far } = dragged;
  dragged = null;
  map.dragPan.enable();
  drawLine(map, []);
  if (far && !gaveUp) act({ act: "move", at: from, to });
  else refreshHandles();
}

