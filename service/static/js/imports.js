// Importing: upload for a preview, correct the columns, confirm; undo on an import's own page.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { renderPreview, renderSummary } from "./import-views.js";
import { t } from "./page.js";

const preview = document.getElementById("preview");
const state = { upload: null, columns: null, as: "", answer: null, register: {} };

function fail(error) {
  const words = error instanceof ApiError ? [error.message, ...error.fields.map((field) => field.words)].join(" · ") : String(error);
  const note = document.createElement("p");
  note.className = "notice late";
  note.setAttribute("role", "alert");
  note.textContent = words;
  return note;
}

async function ask(file) {
  const form = new FormData();
  if (file) form.append("file", file);
  else form.append("upload", state.upload);
  if (state.columns) form.append("columns", JSON.stringify(state.columns));
  if (state.as) form.append("as", state.as);
  addRegister(form);
  preview.setAttribute("aria-busy", "true");
  try {
    const answer = await request("/api/imports/preview", { method: "POST", body: form });
    state.upload = answer.upload;
    state.answer = answer;
    renderPreview(preview, answer, { correct, choose, confirm, place });
  } catch (error) {
    if (file) preview.replaceChildren(fail(error));
    else preview.prepend(fail(error));
  }
  preview.removeAttribute("aria-busy");
}

function correct(columns) {
  state.columns = columns;
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
  state.register = { ...state.register, ...said };
  ask(null);
}

async function confirm({ datum, trust }, button) {
  const form = new FormData();
  form.append("upload", state.upload);
  if (state.columns) form.append("columns", JSON.stringify(state.columns));
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

function start(file) {
  if (!file) return;
  Object.assign(state, { upload: null, columns: null, as: "", register: {} });
  preview.textContent = t("正在读取 {name}…", { name: file.name });
  ask(file);
}

const input = document.querySelector("#upload input[type=file]");
input?.addEventListener("change", () => start(input.files[0]));
const drop = document.getElementById("drop");
for (const [event, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  drop?.addEventListener(event, (happening) => {
    happening.preventDefault();
    drop.classList.toggle("over", over);
    if (event === "drop") start(happening.dataTransfer.files[0]);
  });
}

const undo = document.getElementById("undo");
undo?.addEventListener("click", async () => {
  if (!window.confirm(t("撤销后，这次导入的案件会全部移除。确定吗？"))) return;
  try {
    await request(`/api/imports/${undo.dataset.import}/undo`, { method: "POST" });
    location.reload();
  } catch (error) {
    const box = document.getElementById("problem");
    box.textContent = error instanceof ApiError ? error.message : String(error);
    box.hidden = false;
  }
});
