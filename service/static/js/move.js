// Moving a case or a place: drag its pin, put another, draw a line; what it would do is told before saving.
import { ApiError, newest, request } from "./api.js";
import { addFoundLayers, fitCandidates, letterOf, middleOf, showCandidates } from "./found-layers.js";
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

/** What is on the map where the record is now, and the candidates that its text may mean. */
function showPresent() {
  const places = page.geometry ? [{ geometry: page.geometry, uncertainty_m: record.uncertainty_m }] : [];
  showCandidates(map, places, { letters: false });
  fitCandidates(map, places);
}

async function pick(choice) {
  state.choice = choice;
  state.ready = false;
  state.key = newId();
  for (const button of document.querySelectorAll(".choice")) button.setAttribute("aria-pressed", String(choice?.choose === Number(button.dataset.index)));
  allow();
  told(null);
  if (!choice || (choice.line && choice.line.length < 2)) return node("preview").replaceChildren(el("p", { class: "muted" }, t("在地图上拖动图钉、点一个新位置，或画一条线。")));
  try {
    const found = await latest((signal) => request(`${record.api}/position/preview`, { method: "POST", body: choice, signal }));
    if (found === undefined) return undefined;
    state.ready = true;
    renderPreview(found);
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

const KEYS = { p: () => sketch.start("pin"), l: () => sketch.start("line"), Backspace: () => sketch.undo(), Escape: () => { sketch.stop(); sketch.clear(); showPresent(); pick(null); } };

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
  sketch = addSketch(map, { buttons: { pin: node("pin-mode"), line: node("line-mode") }, hint: node("map-hint"), changed: pick });
  showPresent();
  renderCandidates();
  // The pin stands where the record is, ready to be dragged.
  if (page.geometry) sketch.pinAt(middleOf(page.geometry));
  window.qingtuMap = map;
  map.once("idle", () => (document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()))));
});
