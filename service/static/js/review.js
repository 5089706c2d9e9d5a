// The review queue: one text at a time, decided with a key, a click or a drawn line.
import { ApiError, request } from "./api.js";
import { addFoundLayers, clearCandidates, fitCandidates, showCandidates } from "./found-layers.js";
import { createMap } from "./map.js";
import { page, t } from "./page.js";
import { addSketch } from "./sketch.js";
import { toast } from "./toast.js";
import { renderDecision, renderQueue } from "./review-views.js";

const map = createMap("map", {});
const ready = new Promise((resolve) => map.once("load", resolve));
const state = { items: [], total: 0, next: null, at: 0, picked: null };
const node = (id) => document.getElementById(id);
let sketch = null;

const current = () => state.items[state.at];
const candidatesOf = (item) => (item?.trace?.candidates ?? []).filter((candidate) => candidate.geometry);

async function load({ after = null } = {}) {
  const answer = await request(`/api/review?limit=100${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  state.items = after ? [...state.items, ...answer.items] : answer.items;
  state.total = answer.total;
  state.next = answer.next;
}

function pick(picked) {
  state.picked = picked;
  const words = {
    choose: () => t("已选候选 {letter}", { letter: "ABCDEFGHI"[picked.choose] }),
    pin: () => t("图钉 {lon}, {lat}", { lon: picked.pin.lon.toFixed(6), lat: picked.pin.lat.toFixed(6) }),
    line: () => t("线，{n} 个点", { n: picked.line.length }),
  };
  node("picked").textContent = picked ? words[Object.keys(picked)[0]]() : t("选一个候选，或在地图上放图钉、画线。");
  node("save").disabled = !picked || (picked.line && picked.line.length < 2);
  for (const button of document.querySelectorAll(".choice")) {
    button.setAttribute("aria-pressed", String(picked?.choose === Number(button.dataset.index)));
  }
}

function choose(index) {
  const candidates = candidatesOf(current());
  if (index >= candidates.length) return;
  sketch.stop();
  sketch.clear();
  showCandidates(map, candidates, { active: index, onChoose: choose, letters: true });
  fitCandidates(map, [candidates[index]]);
  pick({ choose: index });
}

function show(index) {
  state.at = Math.max(0, Math.min(index, state.items.length - 1));
  const item = current();
  renderQueue(node("queue"), state, show);
  renderDecision(node("decision"), item, choose);
  node("waiting").textContent = state.total;
  sketch.stop();
  sketch.clear();
  pick(null);
  clearCandidates(map);
  document.querySelector(".decision-foot").hidden = !item;
  const candidates = candidatesOf(item);
  if (candidates.length) {
    showCandidates(map, candidates, { active: -1, onChoose: choose, letters: true });
    fitCandidates(map, candidates);
  } else if (page.bounds) map.fitBounds([page.bounds.slice(0, 2), page.bounds.slice(2)], { padding: 30, duration: 300 });
  if (state.next && state.at > state.items.length - 10) load({ after: state.next }).then(() => renderQueue(node("queue"), state, show));
}

async function save() {
  const item = current();
  if (!item || !state.picked || node("save").disabled) return;
  node("save").disabled = true;
  const remember = node("remember").checked;
  try {
    const answer = await request(`/api/review/${item.id}`, {
      method: "POST", body: { ...state.picked, remember }, headers: { "if-match": `"${item.version}"` },
    });
    const placed = new Set(answer.placed);
    const before = state.at;
    state.items = state.items.filter((other) => !placed.has(other.id));
    state.total -= placed.size;
    toast(saved(remember, placed.size - 1, answer.case.community_name));
    show(before);
  } catch (error) {
    toast(error instanceof ApiError ? error.message : String(error), "late");
    node("save").disabled = false;
  }
}

function saved(remember, others, community) {
  const parts = [community ? t("已保存，归 {community}", { community }) : t("已保存")];
  if (others > 0) parts.push(t("另有 {n} 件同样文字一并定位", { n: others }));
  if (remember) parts.push(t("同样的文字以后会自动定位"));
  return parts.join(" · ");
}

const KEYS = {
  ArrowDown: () => show(state.at + 1), ArrowUp: () => show(state.at - 1), Enter: () => save(),
  p: () => sketch.start("pin"), l: () => sketch.start("line"), Escape: () => { sketch.stop(); sketch.clear(); pick(null); },
  Backspace: () => sketch.undo(),
};

document.addEventListener("keydown", (event) => {
  if (!sketch || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  if (event.key === "Enter" && event.target.matches("button:not(.choice):not(.waiting), a, summary")) return;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : null;
  const action = digit === null ? KEYS[event.key] ?? KEYS[event.key.toLowerCase()] : () => choose(digit);
  if (!action) return;
  event.preventDefault();
  action();
});

node("save").addEventListener("click", save);
node("pin-mode").addEventListener("click", () => sketch.start("pin"));
node("line-mode").addEventListener("click", () => sketch.start("line"));

try {
  await Promise.all([load(), ready]);
  addFoundLayers(map);
  sketch = addSketch(map, { buttons: { pin: node("pin-mode"), line: node("line-mode") }, hint: node("map-hint"), changed: pick });
  const wanted = new URLSearchParams(location.search).get("case");
  show(Math.max(0, state.items.findIndex((item) => item.id === wanted)));
} catch (error) {
  node("decision").textContent = error instanceof ApiError ? error.message : String(error);
}
window.qingtuMap = map;
