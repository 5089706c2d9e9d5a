// Roads and places: what there is, what is drafted, what a check would move, and the decision about it.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { el, number, page, t } from "./page.js";
import { checkPanel } from "./roads-check.js";
import { addDrawing } from "./roads-draw.js";
import { entryForm, pickedForm } from "./roads-forms.js";
import { goTo, roadsMap, showDrafts, showEntries, showMoves, showPreview } from "./roads-map.js";

const node = (id) => document.getElementById(id);
const state = { gazetteer: null, entries: [], chosen: new Set(), form: null, check: null };
let drawing = null;
let polling = null;

const map = roadsMap({ picked: (key) => !drawing?.active && !state.form && pick(key), ready: begin });

function told(error) {
  const words = error instanceof ApiError ? [error.message, ...error.fields.map((field) => field.words)].filter(Boolean).join(" · ") : error ? String(error) : "";
  node("problem").textContent = words;
  node("problem").hidden = !words;
  if (words) node("problem").scrollIntoView({ block: "nearest" });
}

async function attempt(work) {
  told(null);
  try {
    return await work();
  } catch (error) {
    told(error);
    return undefined;
  }
}

async function begin() {
  drawing = addDrawing(map, { hint: node("map-hint"), changed: tools, lines: () => state.entries.filter((entry) => entry.geometry.type === "LineString").map((entry) => entry.geometry) });
  await attempt(async () => { await loadEntries(); await refresh(); });
  document.documentElement.dataset.ready = "roads";
}

async function loadEntries() {
  state.entries = (await request("/api/gazetteer/entries")).features;
  showEntries(map, state.entries, state.chosen);
  listEntries();
}

async function refresh() {
  const before = state.gazetteer?.version;
  state.gazetteer = await request("/api/gazetteer");
  if (before !== undefined && before !== state.gazetteer.version) await loadEntries();
  render();
  const newest = state.gazetteer.checks[0];
  // A run that died says that it is running; the gazetteer's own state knows better.
  const shown = newest && (newest.state === "waiting" || state.gazetteer.state === "checking") ? newest : null;
  state.check = shown ? await request(`/api/gazetteer/checks/${shown.id}`) : null;
  renderCheck();
  clearTimeout(polling);
  if (shown?.state === "running") polling = setTimeout(() => attempt(refresh), 700);
}

function render() {
  const g = state.gazetteer;
  node("counts").textContent = t("道路 {roads} 条 · 铁路 {rails} · 河渠 {waters} · 地点 {places} · 路口 {crossings} · 门牌 {numbers} · 里程桩 {posts}", g);
  const words = { empty: t("还没有道路和地名：上传一份文件，或在地图上画。"), draft: t("有 {n} 处改动还没有检查。", { n: g.pending }), checking: t("正在检查…"), waiting: t("检查做完了，请看清单再决定。"), failed: t("上次检查没有做完：{words}", { words: g.problem }), ready: t("已是最新（第 {n} 版）。", { n: g.version }) };
  node("standing").textContent = words[g.state];
  if (node("check")) node("check").disabled = !g.pending || g.state === "checking";
  const newest = g.checks.find((check) => ["accepted", "undone"].includes(check.state));
  if (node("undo-accept")) node("undo-accept").hidden = newest?.state !== "accepted" || g.state === "checking" || g.state === "waiting";
  node("edit-count").textContent = g.edit_list.length ? `（${g.edit_list.length}）` : "";
  node("edits").replaceChildren(...(g.edit_list.length ? g.edit_list.map(editRow) : [el("li", { class: "muted" }, t("还没有修改。"))]));
  node("sources").replaceChildren(...(g.source_list.length ? g.source_list.map(sourceRow) : [el("li", { class: "muted" }, t("还没有数据来源。"))]));
  showDrafts(map, g.edit_list);
}

const STANDING = { drafted: () => t("草稿"), in_force: () => "", leaving: () => t("将去掉") };

function editRow(edit) {
  const name = edit.kind === "alias" ? `${edit.name} → ${edit.other_names.join("、")}` : edit.name || t("（无名）");
  return el("li", {},
    el("button", { type: "button", class: "link", onclick: () => edit.geometry && goTo(map, [edit.geometry]) }, `${edit.kind_words}：${name}`),
    el("span", { class: "small muted" }, [STANDING[edit.standing](), edit.created_by].filter(Boolean).join(" · ")),
    page.may_edit && edit.standing !== "leaving" ? el("button", { type: "button", class: "button quiet", onclick: () => attempt(async () => { await request(`/api/gazetteer/edits/${edit.id}`, { method: "DELETE" }); await refresh(); }) }, t("撤回")) : null);
}

function sourceRow(source) {
  const counts = [["lines", t("线")], ["places", t("地点")], ["posts", t("里程桩")], ["numbers", t("门牌")]].filter(([key]) => source.counts[key]).map(([key, words]) => `${words} ${number(source.counts[key])}`);
  const dropped = Object.entries(source.counts.dropped ?? {}).map(([reason, count]) => `${reason} ${count}`);
  return el("li", {},
    el("button", { type: "button", class: "link", disabled: source.kind === "base", onclick: () => attempt(async () => showPreview(map, (await request(`/api/gazetteer/sources/${source.id}/preview`)).features)) }, `${source.kind_words}：${source.file_name}`),
    el("span", { class: "small muted" }, [STANDING[source.standing](), ...counts].filter(Boolean).join(" · ")),
    page.may_edit && source.standing !== "leaving" ? el("button", { type: "button", class: "button quiet", onclick: () => attempt(async () => { await request(`/api/gazetteer/sources/${source.id}`, { method: "DELETE" }); await refresh(); }) }, t("去掉")) : null,
    dropped.length ? el("details", { class: "small" }, el("summary", {}, t("没有用上的")), el("p", {}, dropped.join("；"))) : null);
}

function listEntries() {
  const wanted = node("find").value.trim();
  const seen = new Map();
  for (const entry of state.entries) {
    const { name, class: own, key } = entry.properties;
    if (!name || (wanted && !name.includes(wanted))) continue;
    const group = `${own}|${name}`;
    if (!seen.has(group)) seen.set(group, []);
    seen.get(group).push({ key, geometry: entry.geometry });
  }
  const words = { road: t("道路"), rail: t("铁路"), water: t("河渠"), place: t("地点"), post: t("里程桩") };
  const rows = [...seen].slice(0, 80).map(([group, own]) => {
    const [kind, name] = group.split("|");
    return el("li", {}, el("button", { type: "button", class: "link", onclick: () => { pick(own[0].key); goTo(map, own.map((one) => one.geometry)); } }, name), el("span", { class: "small muted" }, own.length > 1 ? `${words[kind]} × ${own.length}` : words[kind]));
  });
  if (seen.size > 80) rows.push(el("li", { class: "muted small" }, t("另有 {n} 个，请输入名称再找", { n: seen.size - 80 })));
  node("entries").replaceChildren(...(rows.length ? rows : [el("li", { class: "muted" }, t("没有找到"))]));
}

const entryOf = (key) => state.entries.find((entry) => entry.properties.key === key);

function pick(key) {
  state.chosen = new Set(key ? [key] : []);
  showEntries(map, state.entries, state.chosen);
  const entry = key && entryOf(key);
  if (!entry) return closeForm();
  const same = state.entries.filter((one) => one.properties.name === entry.properties.name && one.properties.class === entry.properties.class);
  return openForm(pickedForm({ entry, same, mayEdit: page.may_edit, actions: {
    reshape: () => startTool(entry.properties.class, entry),
    save, close: closeForm,
  } }));
}

function openForm(form) {
  state.form = form;
  node("form-box").replaceChildren(form);
  node("form-box").hidden = false;
  form.querySelector("input")?.focus({ preventScroll: true });
}

function closeForm() {
  drawing.stop();
  state.form = null;
  node("form-box").replaceChildren();
  node("form-box").hidden = true;
  tools();
}

function startTool(kind, entry = null) {
  state.form = null;
  const isPoint = kind === "place" || kind === "post";
  drawing.start(isPoint ? "point" : "line", entry ? [entry.geometry.coordinates].flat(isPoint ? 0 : 1) : []);
  openForm(entryForm({ kind, entry, classes: page.place_classes, names: [...new Set(state.entries.filter((one) => one.geometry.type === "LineString" && one.properties.name).map((one) => one.properties.name))], geometry: () => drawing.geometry, save, close: closeForm, refuse: told }));
  tools();
}

async function save(body) {
  const done = await attempt(() => request("/api/gazetteer/edits", { method: "POST", body, headers: { "idempotency-key": newId() } }));
  if (!done) return;
  closeForm();
  pick(null);
  await attempt(refresh);
}

function tools() {
  const kind = state.form?.dataset.tool;
  for (const button of document.querySelectorAll("[data-tool].button")) button.setAttribute("aria-pressed", String(Boolean(drawing?.active) && button.dataset.tool === kind));
  if (!node("undo")) return;
  node("undo").disabled = !drawing?.canUndo;
  node("redo").disabled = !drawing?.canRedo;
}

function renderCheck() {
  const { check } = state;
  const running = check?.state === "running";
  node("progress").hidden = !running;
  if (running) {
    const { done, total } = check.progress;
    if (total) { node("progress").max = total; node("progress").value = done; } else node("progress").removeAttribute("value");
  }
  node("check-box").hidden = check?.state !== "waiting";
  showMoves(map, check?.state === "waiting" ? check.items : []);
  if (check?.state !== "waiting") return node("check-box").replaceChildren();
  return node("check-box").replaceChildren(checkPanel(check, { mayDecide: page.may_decide, show: (item) => goTo(map, [item.before_geometry, item.after_geometry].filter(Boolean)), decide }));
}

async function decide(body) {
  await attempt(async () => {
    await request(`/api/gazetteer/checks/${state.check.id}/decision`, { method: "POST", body, headers: { "if-match": `"${state.check.version}"` } });
    // The background map's tiles are kept by the browser: a new version wants a new page.
    location.reload();
  });
}

node("find").addEventListener("input", listEntries);
node("check")?.addEventListener("click", () => attempt(async () => { closeForm(); await request("/api/gazetteer/checks", { method: "POST" }); await refresh(); }));
node("undo-accept")?.addEventListener("click", () => {
  const newest = state.gazetteer.checks.find((check) => check.state === "accepted");
  if (!newest || !confirm(t("撤销最近一次采用？移动过的记录回到原处，改动回到草稿。"))) return;
  attempt(async () => { await request(`/api/gazetteer/checks/${newest.id}/decision`, { method: "POST", body: { decision: "undo" } }); location.reload(); });
});
for (const button of document.querySelectorAll("[data-tool].button")) button.addEventListener("click", () => startTool(button.dataset.tool));
node("undo")?.addEventListener("click", () => drawing.undo());
node("redo")?.addEventListener("click", () => drawing.redo());
node("learn")?.addEventListener("click", () => attempt(async () => { await request("/api/gazetteer/sources/learn", { method: "POST" }); await refresh(); }));
node("upload")?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const made = await request("/api/gazetteer/sources", { method: "POST", body: new FormData(node("upload")), headers: { "idempotency-key": newId() } });
    node("upload").reset();
    await refresh();
    showPreview(map, (await request(`/api/gazetteer/sources/${made.id}/preview`)).features);
  });
});

const KEYS = { r: () => startTool("road"), w: () => startTool("water"), t: () => startTool("rail"), p: () => startTool("place"), k: () => startTool("post"), Backspace: () => drawing.remove(), Escape: () => pick(null) };
document.addEventListener("keydown", (event) => {
  if (!drawing || !page.may_edit || event.target.matches("input, textarea, select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && key === "z") { event.preventDefault(); if (event.shiftKey) drawing.redo(); else drawing.undo(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
});
