// The hot-spot layer: cells that are denser or thinner than chance explains. What may be chance is
// hatched and dashed, never filled.
import { analysisLayer } from "./analysis-layer.js";
import { openLegend } from "./legend.js";
import { el, number, t } from "./page.js";

const LAYERS = ["spot-fill", "spot-hatch", "spot-edge", "spot-dash"];
const SOURCES = ["spot-cells", "spot-outlines"];
const GROUND = "ordinary";
// "" lets the server choose: places where the filtered kinds are about places, else area.
let exposure = "";
let filter = "";

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

function draw(map, answer) {
  for (const { colour, outline } of answer.classes) if (outline) addHatch(map, colour);
  if (map.getSource("spot-cells")) {
    map.getSource("spot-cells").setData(answer.cells);
    map.getSource("spot-outlines").setData(answer.outlines);
    return;
  }
  map.addSource("spot-cells", { type: "geojson", data: answer.cells });
  map.addSource("spot-outlines", { type: "geojson", data: answer.outlines });
  const filled = ["!", ["get", "outline"]];
  const add = (id, source, rest) => map.addLayer({ id, source, ...rest }, "zone-grid");
  add("spot-fill", "spot-cells", { type: "fill", filter: filled, paint: { "fill-color": ["get", "colour"], "fill-antialias": false } });
  add("spot-hatch", "spot-cells", { type: "fill", filter: ["get", "outline"], paint: { "fill-pattern": ["concat", "hatch/", ["get", "colour"]], "fill-opacity": 0.6 } });
  add("spot-edge", "spot-outlines", { type: "line", filter: filled, paint: { "line-color": ["get", "colour"], "line-width": 2 } });
  add("spot-dash", "spot-outlines", { type: "line", filter: ["get", "outline"], paint: { "line-color": ["get", "colour"], "line-width": 1.5, "line-dasharray": [3, 2] } });
  balanceSpots(map);
}

/** Over the heat, findings are outlines with a breath of colour: two fills would mix into a third. */
export function balanceSpots(map) {
  if (map.getLayer("spot-fill")) map.setPaintProperty("spot-fill", "fill-opacity", map.getLayer("heat") ? 0.14 : 0.42);
}

function exposureChoice(answer, redo) {
  if (answer.exposures.length < 2) return null;
  const words = { area: t("按面积"), places: t("按场所数") };
  const choices = answer.exposures.map((by) => {
    const input = el("input", { type: "radio", name: "exposure", value: by, checked: by === answer.exposure });
    input.addEventListener("change", () => {
      exposure = by;
      redo();
    });
    return el("label", {}, input, words[by]);
  });
  return el("fieldset", { class: "exposure" }, el("legend", { class: "sr" }, t("按什么比")), ...choices);
}

/** Say by what problems were measured, and what is therefore not studied. */
function basis({ exposure: by, places, place_classes: classes, left_out: left }) {
  const some = classes.length > 2 ? t("{some}等 {n} 类", { some: classes[0], n: classes.length }) : classes.join("、");
  const where = some || t("台账场所");
  const outside = left >= 0.5 ? t("另有 {n} 件不在研究范围。", { n: number(left, 0) }) : "";
  if (by === "places") return t("按场所数比（{where} {n} 处）；没有场所的格子不研究。", { where, n: number(places) }) + outside;
  return t("按面积比；辖区以外不研究。") + outside;
}

function tell(answer, redo) {
  const rows = answer.classes.map(({ verdict, label, colour, outline, cells }) => {
    const key = el("i", { class: `spot-key${outline ? " outline" : ""}${verdict === GROUND ? " ground" : ""}` });
    key.style.setProperty("--mark", colour);
    return el("p", { class: "spot-class" }, key, el("span", {}, label), el("b", { class: "num" }, number(cells)));
  });
  return [
    exposureChoice(answer, redo),
    ...rows,
    el("p", { class: "muted num" }, t("{n} 件，{m} 米方格，邻域 {d} 米，错误发现率 {rate}", { n: number(answer.counted), m: number(answer.cell_m), d: number(answer.distance_m), rate: answer.fdr })),
    el("p", { class: "muted num", id: "spot-basis" }, basis(answer)),
    el("p", { class: "muted" }, t("斜线的地方随机也会出现，不要据此排名。")),
    el("p", { class: "num", id: "spot-told" }),
  ].filter(Boolean);
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
  told.replaceChildren(t("这一格 {count} 件，连同四周 {around} 件，不集中的话约 {expected} 件", { count: number(count, 1), around: number(around, 1), expected: number(expected, 1) }));
  openLegend(document.getElementById("spots-legend"));
}

export function spotLayer(map) {
  return analysisLayer(map, {
    button: document.getElementById("spots-toggle"),
    legend: document.getElementById("spots-legend"),
    ask: (query) => {
      // Another filter may be about other places, or none: what was chosen holds for its own filter only.
      if (query !== filter) exposure = "";
      filter = query;
      const parts = [query, exposure && `exposure=${exposure}`].filter(Boolean).join("&");
      return `/api/hotspots${parts ? `?${parts}` : ""}`;
    },
    draw,
    remove,
    title: (answer) => t("热点 · {n} 格", { n: number(answer.classes.find(({ verdict }) => verdict === "hot")?.cells ?? 0) }),
    tell,
  });
}
