// The office's own rules: write, try while writing, disable, exchange by file, read undecided cases anew.
import { newest, request } from "./api.js";
import { newId } from "./ids.js";
import { exceptionRow, renderOwn, renderReread, renderTried, renderUploaded } from "./kinds-views.js";
import { page, t } from "./page.js";
import { tell, toast } from "./toast.js";

const node = (id) => document.getElementById(id);
const form = node("rule");
// The choice "none of ours"; an empty choice is none at all.
const NONE = "-";
const state = { own: page.own, editing: null, id: newId() };
const latest = newest();
const words = (text) => text.split(/[、;；\n]+/).map((word) => word.trim()).filter(Boolean);

for (const kind of page.kinds) form.elements.kind.append(new Option(`${kind.code} ${kind.name}`, kind.code));

function readForm() {
  const field = form.elements;
  const alias = field.form.value === "alias";
  return {
    kind: alias || field.kind.value === NONE ? "" : field.kind.value, words: words(field.words.value), unless: alias ? [] : words(field.unless.value), beside: alias ? [] : words(field.beside.value),
    means: alias ? field.means.value.trim() : "", example: field.example.value.trim(), sure: alias ? "certain" : field.sure.value, active: state.editing?.active ?? true,
  };
}

function fill(rule) {
  const field = form.elements;
  field.form.value = rule.means ? "alias" : "rule";
  for (const name of ["means", "example", "sure"]) field[name].value = rule[name];
  field.kind.value = rule.kind || (rule.means ? "" : NONE);
  for (const name of ["words", "unless", "beside"]) field[name].value = rule[name].join("、");
  showForm();
}

function showForm() {
  const alias = form.elements.form.value === "alias";
  for (const part of form.querySelectorAll(".for-rule")) part.hidden = alias;
  for (const part of form.querySelectorAll(".for-alias")) part.hidden = !alias;
  form.elements.kind.required = !alias;
  form.elements.means.required = alias;
  node("form-title").textContent = state.editing ? t("修改规则") : t("新规则");
  problem(null);
  tryNow();
}

function clear() {
  Object.assign(state, { editing: null, id: newId() });
  form.reset();
  showForm();
}

function problem(error) {
  node("rule-problem").hidden = !error;
  node("rule-problem").textContent = error?.message ?? "";
}

async function save(event) {
  event.preventDefault();
  const body = readForm();
  try {
    if (state.editing) await request(`/api/kinds/rules/${state.editing.id}`, { method: "PUT", body, headers: { "if-match": `"${state.editing.version}"` } });
    else await request("/api/kinds/rules", { method: "POST", body, headers: { "idempotency-key": state.id } });
  } catch (error) {
    // A refused rule that is corrected is another content: it needs another id.
    if (error.status) state.id = newId();
    problem(error);
    return;
  }
  toast(t("已保存；从下一行导入起生效"));
  clear();
  await reload();
  await reread();
}

async function reload() {
  state.own = (await request("/api/kinds/rules")).own;
  renderOwn(node("own"), state.own, { edit, turn });
}

function edit(rule) {
  state.editing = rule;
  fill(rule);
  if (rule.example && !node("try-text").value) node("try-text").value = rule.example;
  node("form-title").scrollIntoView({ block: "start" });
  form.elements.words.focus({ preventScroll: true });
}

async function turn(rule) {
  const { kind, words: said, unless, beside, means, example, sure } = rule;
  try {
    await request(`/api/kinds/rules/${rule.id}`, { method: "PUT", body: { kind, words: said, unless, beside, means, example, sure, active: !rule.active }, headers: { "if-match": `"${rule.version}"` } });
    toast(rule.active ? t("已停用") : t("已启用"));
    await reload();
    await reread();
  } catch (error) {
    tell(error);
  }
}

let waiting = 0;
function tryNow() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const text = node("try-text").value.trim();
    if (!text) return renderTried(node("tried"), null);
    const body = { text, place: node("try-place").value.trim() };
    const rule = readForm();
    const complete = rule.words.length && (form.elements.form.value === "rule" ? form.elements.kind.value : rule.means);
    if (complete) Object.assign(body, { rule, ...(state.editing ? { replaces: state.editing.id } : {}) });
    try {
      const tried = await latest((signal) => request("/api/kinds/try", { method: "POST", body, signal }));
      if (tried) renderTried(node("tried"), tried);
      problem(null);
    } catch (error) {
      problem(error);
    }
  }, 250);
}

async function reread({ confirm = false } = {}) {
  try {
    const answer = await request("/api/kinds/reread", { method: confirm ? "POST" : "GET" });
    renderReread(node("reread-result"), answer, () => reread({ confirm: true }));
  } catch (error) {
    tell(error);
  }
}

async function upload(file, { confirm = false } = {}) {
  const body = new FormData();
  body.append("file", file);
  try {
    const answer = await request(`/api/kinds/rules/upload?dry_run=${!confirm}`, { method: "POST", body });
    renderUploaded(node("uploaded"), answer, () => upload(file, { confirm: true }));
    if (confirm) await Promise.all([reload(), reread()]);
  } catch (error) {
    tell(error);
  }
}

const exceptions = node("exceptions");
const moves = { up: (row) => row.previousElementSibling?.before(row), remove: (row) => row.remove() };

async function saveExceptions() {
  const items = [...exceptions.rows].map((row) => Object.fromEntries([...row.querySelectorAll("[name]")].map((field) => [field.name, field.value.trim()])));
  const box = node("commands-problem");
  box.hidden = true;
  try {
    await request("/api/kinds/commands", { method: "PUT", body: { items } });
    toast(t("已保存；从下一件起按它归"));
  } catch (error) {
    box.textContent = [error.message, ...(error.fields ?? []).map((field) => `${Number(field.field.split(".").at(-1)) || ""} ${field.words}`)].join(" · ");
    box.hidden = false;
  }
}

form.addEventListener("submit", save);
form.addEventListener("input", (event) => (event.target.name === "form" ? showForm() : tryNow()));
node("clear-rule").addEventListener("click", clear);
for (const id of ["try-text", "try-place"]) node(id).addEventListener("input", tryNow);
node("reread").addEventListener("click", () => reread());
node("upload-rules").addEventListener("change", (event) => {
  if (event.target.files[0]) upload(event.target.files[0]);
  event.target.value = "";
});
for (const row of page.exceptions) exceptions.append(exceptionRow(row, moves));
node("add-exception").addEventListener("click", () => exceptions.append(exceptionRow({ kind: "", place_class: "", command: page.commands[0].code }, moves)));
node("save-exceptions").addEventListener("click", saveExceptions);

renderOwn(node("own"), state.own, { edit, turn });
if (page.from.kind) form.elements.kind.value = page.from.kind;
if (page.from.text) {
  node("try-text").value = page.from.text;
  form.elements.example.value = page.from.text;
  form.elements.words.focus();
}
showForm();
