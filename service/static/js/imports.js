// Importing: upload or paste for a preview, correct how it is read, confirm.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { renderPreview, renderSummary } from "./import-views.js";
import "./import-undo.js";
import { t } from "./page.js";

const preview = document.getElementById("preview");
const state = { upload: null, choices: null, as: "", answer: null, register: {} };

function fail(error) {
  const words = error instanceof ApiError ? [error.message, ...error.fields.map((field) => field.words)].join(" · ") : String(error);
  const note = document.createElement("p");
  note.className = "notice late";
  note.setAttribute("role", "alert");
  note.textContent = words;
  return note;
}

async function ask(start) {
  const form = new FormData();
  if (start?.file) form.append("file", start.file);
  else if (start) {
    form.append("text", start.text);
    form.append("title", start.title);
  } else form.append("upload", state.upload);
  if (state.choices) form.append("choices", JSON.stringify(state.choices));
  if (state.as) form.append("as", state.as);
  addRegister(form);
  preview.setAttribute("aria-busy", "true");
  const held = document.activeElement?.dataset ?? {};
  try {
    const answer = await request("/api/imports/preview", { method: "POST", body: form });
    state.upload = answer.upload;
    state.answer = answer;
    renderPreview(preview, answer, { change, reset, choose, confirm, place });
    refocus(held);
  } catch (error) {
    preview.querySelectorAll(":scope > [role=alert]").forEach((old) => old.remove());
    if (start) preview.replaceChildren(fail(error));
    else preview.prepend(fail(error));
  }
  preview.removeAttribute("aria-busy");
}

/** Give the keyboard back to the control that was used: the preview was drawn anew. */
function refocus(held) {
  for (const [key, value] of Object.entries(held)) {
    const again = [...preview.querySelectorAll(`[data-${key}]`)].find((element) => element.dataset[key] === value);
    if (again) return again.focus({ preventScroll: true });
  }
}

function change(edit) {
  const choices = structuredClone(state.choices ?? state.answer.choices);
  edit(choices);
  state.choices = choices;
  ask(null);
}

function reset() {
  state.choices = { columns: {}, location: null, sheets: {}, dates: {}, carry: {} };
  ask(null);
}

function choose(kind) {
  state.as = kind;
  ask(null);
}

/** What the user said of a list of places: `register`, `extent`, `answers`. */
function addRegister(form) {
  const { register, extent, answers } = state.register;
  if (register) form.append("register", register);
  if (extent) form.append("extent", extent);
  if (answers && Object.keys(answers).length) form.append("answers", JSON.stringify(answers));
}

function place(said) {
  state.register = { ...state.register, ...said, answers: { ...state.register.answers, ...said.answers } };
  ask(null);
}

async function confirm({ datum, trust }, button) {
  const form = new FormData();
  form.append("upload", state.upload);
  if (state.choices) form.append("choices", JSON.stringify(state.choices));
  form.append("as", state.as || state.answer.list_kind);
  if (datum) form.append("datum", datum);
  if (trust) form.append("trust_datum", "true");
  addRegister(form);
  button.disabled = true;
  button.textContent = t("正在定位并导入…");
  try {
    const summary = await request("/api/imports", { method: "POST", body: form, headers: { "idempotency-key": newId() } });
    renderSummary(preview, summary);
    document.querySelector("#upload").reset();
  } catch (error) {
    preview.querySelectorAll("[role=alert]").forEach((old) => old.remove());
    button.before(fail(error));
    button.disabled = false;
    button.textContent = t("确认导入");
  }
}

function start(from) {
  Object.assign(state, { upload: null, choices: null, as: "", register: {} });
  preview.textContent = t("正在读取 {name}…", { name: from.file?.name ?? from.title });
  ask(from);
}

function startFile(file) {
  if (file) start({ file });
}

const input = document.querySelector("#upload input[type=file]");
input?.addEventListener("change", () => startFile(input.files[0]));
const drop = document.getElementById("drop");
for (const [event, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  drop?.addEventListener(event, (happening) => {
    happening.preventDefault();
    drop.classList.toggle("over", over);
    if (event === "drop") startFile(happening.dataTransfer.files[0]);
  });
}

const paste = document.getElementById("paste");
paste?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = paste.elements.text.value;
  if (text.trim()) start({ text, title: paste.elements.title.value.trim() || t("粘贴的文字") });
});
