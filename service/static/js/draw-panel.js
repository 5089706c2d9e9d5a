// Beside the map: zones to choose from, what is open, who did what.
import { el, t } from "./page.js";
import { act, area, steps, store, when, zonesOf } from "./draw-store.js";
import { boundsOf } from "./map.js";
import { colourOf, markZone, showLevel } from "./draw-layers.js";
import { hand, hint, refreshHandles } from "./draw-tools.js";
import { editZone } from "./draw-dialogs.js";

const $ = (id) => document.getElementById(id);
let map = null;

export function watchPanel(on) {
  map = on;
  when("drawn", refresh);
  for (const button of document.querySelectorAll("[data-level]")) {
    button.addEventListener("click", () => chooseLevel(button.dataset.level));
  }
  $("add").addEventListener("click", addZone);
  $("history").addEventListener("toggle", listSteps);
}

export function chooseLevel(level) {
  hand.level = level;
  for (const button of document.querySelectorAll("[data-level]")) button.setAttribute("aria-pressed", String(button.dataset.level === level));
  showLevel(map, level);
  chooseZone(zonesOf(level)[0]?.code ?? null);
  listFindings();
}

export function chooseZone(code) {
  hand.code = code;
  markZone(map, hand.level, code);
  listZones();
  refreshHandles();
  hint();
}

/** The zone with a number key. */
export function chooseNth(n) {
  const zone = zonesOf(hand.level)[n - 1];
  if (zone) chooseZone(zone.code);
}

function refresh() {
  const own = zonesOf(hand.level);
  if (!own.some((zone) => zone.code === hand.code)) hand.code = own[0]?.code ?? null;
  chooseZone(hand.code);
  listFindings();
  listSteps();
}

async function addZone() {
  const before = new Set(zonesOf(hand.level).map((zone) => zone.code));
  const above = hand.level === "grid" ? zonesOf("community") : zonesOf("subdistrict");
  editZone({ level: hand.level, code: "", name: "", leader: "", parent: above[0]?.code ?? "" }, {
    above,
    save: async (facts) => {
      const done = await act({ act: "add", level: hand.level, code: facts.code || null, name: facts.name, parent: facts.parent ?? "", leader: facts.leader });
      const made = done && zonesOf(hand.level).find((zone) => !before.has(zone.code));
      if (made) chooseZone(made.code);
      return Boolean(done);
    },
  });
}

function listZones() {
  const rows = zonesOf(hand.level).map((zone, index) => {
    const mark = el("i", {});
    mark.style.setProperty("--mark", colourOf(zone.colour));
    const below = [zone.code, zone.leader].filter(Boolean).join(" · ");
    const choice = el(
      "button", { class: "zone-choice", type: "button", "data-code": zone.code, onclick: () => chooseZone(zone.code), ondblclick: () => zoomTo(zone) },
      index < 9 ? el("kbd", {}, String(index + 1)) : el("span", {}), mark, el("b", {}, zone.name, el("small", {}, below)), el("span", { class: "num" }, area(zone.area_m2)),
    );
    const edit = store.editable ? el("button", { class: "zone-edit", type: "button", "aria-label": t("改“{name}”的资料", { name: zone.name }), onclick: () => changeZone(zone) }, t("改")) : null;
    return el("li", { "aria-current": String(zone.code === hand.code) }, choice, edit);
  });
  const focused = document.activeElement?.dataset?.code;
  $("zones").replaceChildren(...(rows.length ? rows : [el("li", { class: "muted small" }, t("还没有；点“新设”加第一个"))]));
  if (focused) $("zones").querySelector(`[data-code="${CSS.escape(focused)}"]`)?.focus();
}

function zoomTo(zone) {
  const feature = store.shapes.get(`${zone.level}/${zone.code}`);
  if (feature?.geometry.coordinates.length) map.fitBounds(boundsOf([feature.geometry]), { padding: 60, maxZoom: 17 });
}

function changeZone(zone) {
  editZone(zone, {
    above: zone.level === "grid" ? zonesOf("community") : zonesOf("subdistrict"),
    save: async (facts) => {
      const changed = { act: "change", level: zone.level, code: zone.code };
      if (facts.name !== zone.name) changed.name = facts.name;
      if (facts.leader !== zone.leader) changed.leader = facts.leader;
      if (facts.parent && facts.parent !== zone.parent) changed.parent = facts.parent;
      if (facts.code && facts.code !== zone.code) changed.new_code = facts.code;
      if (Object.keys(changed).length === 3) return true;
      if (hand.code === zone.code && changed.new_code) hand.code = changed.new_code;
      return Boolean(await act(changed));
    },
    remove: async () => Boolean(await act({ act: "drop", level: zone.level, code: zone.code })),
  });
}

function listFindings() {
  const own = store.findings.filter((finding) => finding.level === hand.level || (hand.level === "community" && finding.level === "subdistrict"));
  const gaps = own.filter((finding) => finding.kind === "gap" || finding.kind === "overlap");
  const total = gaps.reduce((sum, finding) => sum + finding.area_m2, 0);
  const head = $("finding-count");
  head.classList.toggle("good", !own.length);
  head.textContent = gaps.length
    ? t("还有 {n} 处空白，共 {area}", { n: gaps.length, area: area(total) })
    : own.length ? t("没有空白，还有 {n} 处要看", { n: own.length }) : zonesOf(hand.level).length ? t("没有空白、重叠和飞地") : "";
  const elsewhere = store.findings.length - own.length;
  const rows = own.map((finding) => {
    const fills = (finding.kind === "gap" || finding.kind === "overlap") && store.editable && hand.code;
    return el(
      "li", {},
      el("button", { type: "button", onclick: () => show(finding) }, finding.words),
      fills ? el("button", { class: "button", type: "button", onclick: () => act({ act: "fill", level: finding.level, code: hand.code, at: [finding.lon, finding.lat] }) }, t("划给所选")) : null,
    );
  });
  if (elsewhere > 0) rows.push(el("li", { class: "muted small" }, t("另一级还有 {n} 处", { n: elsewhere })));
  $("findings").replaceChildren(...rows);
}

function show(finding) {
  if (finding.geometry) map.fitBounds(boundsOf([finding.geometry]), { padding: 90, maxZoom: 18 });
  else chooseZone(finding.codes[0]);
}

async function listSteps() {
  if (!$("history").open) return;
  const found = await steps();
  $("steps").replaceChildren(...found.map((step) => el(
    "li", { class: step.done ? "" : "undone" }, el("span", {}, step.words), el("span", {}, step.actor), el("span", { class: "num" }, new Date(step.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" })),
  )));
}
