// Moving a case or a place: drag its pin, put another, draw a line; what it would do is told before saving.
import { ApiError, newest, request } from "./api.js";
import { addFoundLayers, clearCandidates, fitCandidates, letterOf, middleOf, showCandidates } from "./found-layers.js";
import { newId } from "./ids.js";
import { createMap } from "./map.js";
import { el, number, page, t } from "./page.js";
import { addSketch } from "./sketch.js";

const { record } = page;
const node = (id) => document.getElementById(id);
const map = createMap("map", {});
const latest = newest();
const state = { choice: null, ready: false, key: newId() };
let sketch = null;

const words = (error) => (error instanceof ApiError ? [error.message, ...error.fields.map((field) => field.words)].filter(Boolean).join(" · ") : String(error));

function told(error) {
  node("problem").textContent = error ? words(error) : "";
  node("problem").hidden = !error;
}

function allow() {
  node("save").disabled = !state.ready || node("reason").value.trim().length < 2;
}

const HINTS = { pin: () => t("点地图放图钉，可拖动微调"), line: () => t("依次点出这条线，Backspace 撤一点，Enter 去写原因") };
const GREY = "#46566a";
const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });
const collection = (features) => ({ type: "FeatureCollection", features });

/** Where the record is now stays on the map in grey, with a dashed line to where it would go. */
function addFormer() {
  map.addSource("former", { type: "geojson", data: collection([]) });
  const role = (name) => ["==", ["get", "role"], name];
  const line = { "line-cap": "round", "line-join": "round" };
  map.addLayer({ id: "former-shape", type: "line", source: "former", filter: role("shape"), layout: line, paint: { "line-color": GREY, "line-width": 5, "line-opacity": 0.7 } });
  map.addLayer({ id: "former-way", type: "line", source: "former", filter: role("way"), paint: { "line-color": GREY, "line-width": 2, "line-dasharray": [2, 2] } });
  map.addLayer({ id: "former-point", type: "circle", source: "former", filter: role("point"), paint: { "circle-radius": 7, "circle-color": "#ffffff", "circle-stroke-color": GREY, "circle-stroke-width": 4 } });
}

function showFormer(to = null) {
  if (!page.geometry) return;
  const from = middleOf(page.geometry);
  const features = [feature({ type: "Point", coordinates: from }, { role: "point" })];
  if (page.geometry.type !== "Point") features.unshift(feature(page.geometry, { role: "shape" }));
  if (to) features.push(feature({ type: "LineString", coordinates: [from, to] }, { role: "way" }));
  map.getSource("former").setData(collection(features));
}

/** The record where it is now, its pin ready to be dragged. */
function showPresent() {
  clearCandidates(map);
  showFormer();
  if (!page.geometry) return;
  fitCandidates(map, [{ geometry: page.geometry }]);
  sketch.pinAt(middleOf(page.geometry));
}

async function pick(choice) {
  state.choice = choice;
  state.ready = false;
  state.key = newId();
  for (const button of document.querySelectorAll(".choice")) button.setAttribute("aria-pressed", String(choice?.choose === Number(button.dataset.index)));
  allow();
  told(null);
  if (choice?.pin || choice?.line || !choice) clearCandidates(map);
  showFormer();
  if (!choice || (choice.line && choice.line.length < 2)) return node("preview").replaceChildren(el("p", { class: "muted" }, t("在地图上拖动图钉、点一个新位置，或画一条线。")));
  try {
    const found = await latest((signal) => request(`${record.api}/position/preview`, { method: "POST", body: choice, signal }));
    if (found === undefined) return undefined;
    state.ready = true;
    renderPreview(found);
    showFormer([found.after.lon, found.after.lat]);
  } catch (error) {
    node("preview").replaceChildren();
    told(error);
  }
  return allow();
}

function renderPreview(found) {
  const parts = found.parts.length > 1 ? el("table", {}, ...found.parts.map((part) => el("tr", {}, el("th", { scope: "row" }, part.name), el("td", {}, `${number(part.length_m)} ${t("米")}`)))) : "";
  const command = found.command_name ? el("p", { class: "small muted" }, t("指挥部不变：{name}", { name: found.command_name })) : "";
  node("preview").replaceChildren(
    el("p", { class: "said" }, found.words), parts, command,
    ...found.warnings.map((warning) => el("p", { class: "notice warn" }, warning)),
    found.twin_count ? el("details", {}, el("summary", {}, t("同样文字的记录 {n} 条", { n: found.twin_count })), el("ul", { class: "small" }, ...found.twins.map(twinItem))) : "",
  );
  node("also-row").hidden = !found.twin_count;
  node("also-words").textContent = t("同样文字的 {n} 条一并移动", { n: found.twin_count });
  node("learn-row").hidden = !found.lessons.length;
  node("learn-words").textContent = t("记住：以后“{text}”定位到新位置", { text: found.lessons.map((lesson) => lesson.text).join("”“") });
  if (!state.touched) node("learn").checked = found.learn;
}

const twinItem = (twin) => el("li", {}, [twin.number ? t("第 {n} 号", { n: twin.number }) : "", twin.words, twin.community_name, twin.distance_m === null ? t("未定位") : `${number(twin.distance_m)} ${t("米")}`].filter(Boolean).join(" · "));

function renderCandidates() {
  if (!record.candidates.length) return;
  node("candidates").replaceChildren(el("h2", {}, t("定位时的候选")), ...record.candidates.map((candidate, index) =>
    el("button", { type: "button", class: "choice", "data-index": index, "aria-pressed": "false", onclick: () => choose(index) },
      el("span", { class: "letter" }, letterOf(index)), el("span", {}, candidate.words || page.methods[candidate.method?.split(":")[0]] || candidate.method),
      el("span", { class: "chance" }, candidate.uncertainty_m ? `± ${number(candidate.uncertainty_m)} ${t("米")}` : ""))));
}

function show(choice, shown, uncertainty = 0) {
  sketch.stop();
  sketch.clear();
  const places = [{ geometry: shown, uncertainty_m: uncertainty }];
  showCandidates(map, places, { letters: false });
  fitCandidates(map, page.geometry ? [...places, { geometry: page.geometry }] : places);
  pick(choice);
}

const choose = (index) => index < record.candidates.length && show({ choose: index }, record.candidates[index].geometry, record.candidates[index].uncertainty_m ?? 0);

async function save(event) {
  event?.preventDefault();
  if (node("save").disabled) return;
  node("save").disabled = true;
  told(null);
  const body = { ...state.choice, reason: node("reason").value.trim(), learn: node("learn").checked && !node("learn-row").hidden, also: node("also").checked && !node("also-row").hidden };
  try {
    const done = await request(`${record.api}/position`, { method: "POST", body, headers: { "if-match": `"${record.version}"`, "idempotency-key": state.key } });
    location.assign(done.visible ? record.home : record.list);
  } catch (error) {
    // Another content needs another id; after no answer at all the same one is sent again.
    if (error instanceof ApiError && error.status) state.key = newId();
    told(error);
    allow();
  }
}

const KEYS = { p: () => sketch.start("pin"), l: () => sketch.start("line"), Backspace: () => sketch.undo(), Escape: () => { sketch.stop(); sketch.clear(); pick(null); showPresent(); } };

document.addEventListener("keydown", (event) => {
  if (!sketch || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : null;
  const action = digit === null ? KEYS[event.key] ?? KEYS[event.key.toLowerCase()] : () => choose(digit);
  if (event.key === "Enter" && !event.target.matches("button, a, summary")) return node("reason").focus();
  if (!action) return undefined;
  event.preventDefault();
  return action();
});

node("save-form").addEventListener("submit", save);
node("reason").addEventListener("input", () => { state.key = newId(); allow(); });
node("learn").addEventListener("change", () => { state.touched = true; state.key = newId(); });
node("also").addEventListener("change", () => { state.key = newId(); });
node("pin-mode").addEventListener("click", () => sketch.start("pin"));
node("line-mode").addEventListener("click", () => sketch.start("line"));
node("use-list")?.addEventListener("click", () => show({ listed: true }, record.listed));

map.once("load", () => {
  addFoundLayers(map);
  addFormer();
  sketch = addSketch(map, { buttons: { pin: node("pin-mode"), line: node("line-mode") }, hint: node("map-hint"), changed: pick, hints: HINTS });
  showPresent();
  renderCandidates();
  window.qingtuMap = map;
  map.once("idle", () => (document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()))));
});
