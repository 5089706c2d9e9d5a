// The queue of undecided kinds: one text at a time, decided with a key or a click.
import { newest, request } from "./api.js";
import { page, t } from "./page.js";
import { pickedWords, renderKindDecision, renderKindQueue } from "./review-kinds-views.js";
import { tell, toast } from "./toast.js";

const node = (id) => document.getElementById(id);
const state = { items: [], total: 0, next: null, at: 0, picked: [], none: false, loading: false };
const current = () => state.items[state.at];
const filters = node("filters");
const latest = newest();

for (const command of page.commands) filters.elements.command.append(new Option(`${command.code} ${command.short}`, command.code));

async function load({ after = null } = {}) {
  const query = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  query.set("limit", "100");
  if (after) query.set("after", after);
  const answer = await latest((signal) => request(`/api/review/kinds?${query}`, { signal }));
  if (!answer) return false;
  state.items = after ? [...state.items, ...answer.items] : answer.items;
  state.total = answer.total;
  state.next = answer.next;
  return true;
}

function draw() {
  const item = current();
  renderKindDecision(node("decision"), item, { picked: state.picked, toggle });
  document.querySelector(".decision-foot").hidden = !item;
  if (item) drawFoot(item);
}

function drawFoot(item) {
  node("picked").textContent = pickedWords(state.picked, state.none);
  node("none").setAttribute("aria-pressed", String(state.none));
  node("save").disabled = !state.picked.length && !state.none;
  const others = item.description ? item.same_text - 1 : 0;
  node("same-label").hidden = others < 1;
  node("same-label").querySelector("span").textContent = t("同样文字的另外 {n} 件也这样定", { n: others });
  if (node("rule")) node("rule").href = `/kinds?${new URLSearchParams({ text: item.description.slice(0, 200), kind: state.picked[0] ?? "" })}#form-title`;
}

function toggle(kind) {
  const search = node("kind-search").value;
  state.none = false;
  state.picked = state.picked.includes(kind) ? state.picked.filter((code) => code !== kind) : [...state.picked, kind].slice(0, 6);
  const scroll = node("decision").scrollTop;
  draw();
  if (search) Object.assign(node("kind-search"), { value: search }).dispatchEvent(new Event("input"));
  node("decision").scrollTop = scroll;
}

function chooseNone() {
  state.none = !state.none;
  state.picked = [];
  draw();
}

function show(index) {
  state.at = Math.max(0, Math.min(index, state.items.length - 1));
  Object.assign(state, { picked: [], none: false });
  node("same").checked = false;
  node("undecided").textContent = state.total;
  renderKindQueue(node("queue"), state, show);
  draw();
  if (state.next && !state.loading && state.at > state.items.length - 10) {
    state.loading = true;
    load({ after: state.next }).then(() => renderKindQueue(node("queue"), state, show)).catch(tell).finally(() => (state.loading = false));
  }
}

async function save() {
  const item = current();
  if (!item || node("save").disabled) return;
  node("save").disabled = true;
  try {
    const answer = await request(`/api/review/kinds/${item.id}`, {
      method: "POST", body: { kinds: state.picked, same_text: node("same").checked && !node("same-label").hidden }, headers: { "if-match": `"${item.version}"` },
    });
    const decided = new Set(answer.decided);
    const before = state.at;
    state.items = state.items.filter((other) => !decided.has(other.id));
    for (const other of state.items) if (other.description === item.description) other.same_text -= decided.size;
    state.total -= decided.size;
    const parts = [t("已保存：{kind}", { kind: state.none ? t("不归我们管") : answer.case.kind_name })];
    if (decided.size > 1) parts.push(t("另有 {n} 件同样文字一并定了", { n: decided.size - 1 }));
    if (answer.opened.length) parts.push(t("另立 {n} 件", { n: answer.opened.length }));
    toast(parts.join(" · "));
    show(before);
  } catch (error) {
    tell(error);
    node("save").disabled = false;
  }
}

const KEYS = {
  ArrowDown: () => show(state.at + 1), ArrowUp: () => show(state.at - 1), Enter: save, 0: chooseNone,
  s: () => { if (!node("same-label").hidden) node("same").checked = !node("same").checked; },
  r: () => node("rule")?.click(), "/": () => node("kind-search")?.focus(),
  Escape: () => { Object.assign(state, { picked: [], none: false }); draw(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  if (event.key === "Enter" && event.target.matches("button:not(.choice):not(.waiting), a, summary")) return;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : null;
  const kind = digit === null ? null : current()?.suggestions[digit]?.kind;
  const action = kind ? () => toggle(kind) : digit === null ? KEYS[event.key] ?? KEYS[event.key.toLowerCase()] : null;
  if (!action) return;
  event.preventDefault();
  action();
});

node("save").addEventListener("click", save);
node("none").addEventListener("click", chooseNone);
filters.addEventListener("submit", (event) => event.preventDefault());
let waiting = 0;
filters.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => load().then((done) => done && show(0)).catch(tell), 200);
});

try {
  await load();
  const wanted = new URLSearchParams(location.search).get("case");
  show(Math.max(0, state.items.findIndex((item) => item.id === wanted)));
} catch (error) {
  node("decision").textContent = error.message ?? String(error);
}
