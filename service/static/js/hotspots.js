// The hot-spot layer: cells that are denser or thinner than chance explains. What may be chance is
// hatched and dashed, never filled.
import { ApiError, newest, request } from "./api.js";
import { el, number, t } from "./page.js";

const latest = newest();
const LAYERS = ["spot-fill", "spot-hatch", "spot-edge", "spot-dash"];
const SOURCES = ["spot-cells", "spot-outlines"];
const GROUND = "ordinary";
let on = false;

const legend = () => document.getElementById("spots-legend");

function remove(map) {
  for (const id of LAYERS) if (map.getLayer(id)) map.removeLayer(id);
  for (const id of SOURCES) if (map.getSource(id)) map.removeSource(id);
}

/** Add a hatch in a colour, drawn here: nothing is fetched. */
function addHatch(map, colour) {
  const id = `hatch/${colour}`;
  if (map.hasImage(id)) return;
  const side = 16;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
  }
  pen.stroke();
  map.addImage(id, pen.getImageData(0, 0, side, side), { pixelRatio: 2 });
}

async function draw(map, query) {
  const answer = await latest((signal) => request(`/api/hotspots${query ? `?${query}` : ""}`, { signal }));
  if (answer === undefined || !on) return;
  remove(map);
  showLegend(answer);
  for (const { colour, outline } of answer.classes) if (outline) addHatch(map, colour);
  map.addSource("spot-cells", { type: "geojson", data: answer.cells });
  map.addSource("spot-outlines", { type: "geojson", data: answer.outlines });
  const filled = ["!", ["get", "outline"]];
  const add = (id, source, rest) => map.addLayer({ id, source, ...rest }, "zone-grid");
  add("spot-fill", "spot-cells", { type: "fill", filter: filled, paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.5, "fill-antialias": false } });
  add("spot-hatch", "spot-cells", { type: "fill", filter: ["get", "outline"], paint: { "fill-pattern": ["concat", "hatch/", ["get", "colour"]], "fill-opacity": 0.6 } });
  add("spot-edge", "spot-outlines", { type: "line", filter: filled, paint: { "line-color": ["get", "colour"], "line-width": 2 } });
  add("spot-dash", "spot-outlines", { type: "line", filter: ["get", "outline"], paint: { "line-color": ["get", "colour"], "line-width": 1.5, "line-dasharray": [3, 2] } });
}

function showLegend(answer) {
  const rows = answer.classes.map(({ verdict, label, colour, outline, cells }) => {
    const key = el("i", { class: `spot-key${outline ? " outline" : ""}${verdict === GROUND ? " ground" : ""}` });
    key.style.setProperty("--mark", colour);
    return el("p", { class: "spot-class" }, key, el("span", {}, label), el("b", { class: "num" }, number(cells)));
  });
  legend().replaceChildren(
    el("strong", {}, t("热点（{n} 米方格）", { n: number(answer.cell_m) })),
    ...rows,
    el("p", { class: "muted num" }, t("共 {n} 件；错误发现率 {rate}，邻域 {m} 米", { n: number(answer.counted), rate: answer.fdr, m: number(answer.distance_m) })),
    el("p", { class: "muted" }, t("斜线的地方随机也会出现，不要据此排名。")),
    el("p", { class: "num", id: "spot-told" }),
  );
  legend().hidden = false;
}

/** Say in the legend what was counted around the touched cell. */
export function tellSpot(map, point) {
  const layers = ["spot-fill", "spot-hatch"].filter((id) => map.getLayer(id));
  if (!layers.length) return;
  const [hit] = map.queryRenderedFeatures(point, { layers });
  const told = document.getElementById("spot-told");
  if (!told) return;
  if (!hit) return told.replaceChildren();
  const { around, expected, count } = hit.properties;
  told.replaceChildren(t("这一格 {count} 件，连同四周 {around} 件，均匀分布应有 {expected} 件", { count: number(count, 1), around: number(around, 1), expected: number(expected, 1) }));
}

/** Keep the layer above the heat, which may be drawn after it. */
export function raiseSpots(map) {
  for (const id of LAYERS) if (map.getLayer(id)) map.moveLayer(id, "zone-grid");
}

/** Switch the layer on or off; resolves to whether it is on. */
export async function toggleSpots(map, query) {
  on = !on;
  if (on) await refreshSpots(map, query);
  else {
    remove(map);
    legend().hidden = true;
  }
  return on;
}

export async function refreshSpots(map, query) {
  if (!on) return;
  try {
    await draw(map, query);
  } catch (error) {
    legend().hidden = false;
    legend().replaceChildren(el("p", { class: "late" }, error instanceof ApiError ? error.message : String(error)));
  }
}
