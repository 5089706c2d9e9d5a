// The table of bounds: filled by hand, by a file or by the clipboard; closed on the map; tried again; signed.
import { request } from "./api.js";
import { newId } from "./ids.js";
import { el, number, page, t } from "./page.js";
import { show } from "./setup-map.js";
import { watchSigning } from "./setup-sign.js";
import { tell } from "./toast.js";

const COLUMNS = ["name", "east", "south", "west", "north", "code"];
const table = document.querySelector("#bounds-table tbody");
const summary = document.getElementById("bounds-summary");
const problems = document.getElementById("bounds-problems");
const sign = document.getElementById("bounds-sign");
const close = document.getElementById("bounds-close");
const mend = document.getElementById("bounds-mend");
const heads = [...document.querySelectorAll("#bounds-table th")].map((head) => head.textContent);
let drawing = null;

function addRow(row = {}) {
  const cells = COLUMNS.map((name, column) => {
    const cell = el("textarea", { rows: 2, maxlength: name === "name" ? 60 : 500, "aria-label": heads[column], "data-column": name });
    cell.value = row[name] ?? "";
    cell.addEventListener("paste", (event) => paste(event, cell));
    cell.addEventListener("input", changed);
    return el("td", {}, cell);
  });
  const remove = el("button", { class: "button quiet danger", type: "button", "aria-label": t("删去这一行"), onclick: () => { line.remove(); changed(); } }, "×");
  const line = el("tr", {}, ...cells, el("td", {}, remove));
  table.append(line);
  return line;
}

function fill(rows) {
  table.replaceChildren();
  for (const row of rows) addRow(row);
}

/** Cells copied from a sheet go into the cells from here on; a header line is left out. */
function paste(event, cell) {
  const text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n+$/, "");
  if (!text.includes("\t")) return;
  event.preventDefault();
  const lines = text.split("\n").map((line) => line.split("\t")).filter((line) => !line.some((value) => value.trim() === "东至"));
  let line = cell.closest("tr");
  const first = COLUMNS.indexOf(cell.dataset.column);
  for (const values of lines) {
    line ??= addRow();
    values.forEach((value, offset) => {
      const target = line.querySelectorAll("textarea")[first + offset];
      if (target) target.value = value.trim().replace(/^"|"$/g, "");
    });
    line = line.nextElementSibling;
  }
  changed();
}

/** What was closed is no longer what stands in the table. */
function changed() {
  sign.hidden = true;
  close.textContent = drawing ? t("重新围合") : t("围合");
}

function rows() {
  return [...table.rows]
    .map((line) => Object.fromEntries([...line.querySelectorAll("textarea")].map((cell) => [cell.dataset.column, cell.value.trim()])))
    .filter((row) => Object.values(row).some(Boolean));
}

async function closeBounds() {
  const words = close.textContent;
  close.disabled = true;
  close.textContent = t("正在围合…");
  try {
    tellOutcome(await request("/api/bounds", { method: "POST", headers: { "idempotency-key": newId() }, body: { rows: rows() } }));
  } catch (error) {
    summary.className = "notice late";
    summary.textContent = [error.message, ...(error.fields ?? []).map((field) => field.words)].join(" · ");
    summary.hidden = false;
    close.textContent = words;
  }
  close.disabled = false;
}

function tellOutcome(answer) {
  drawing = { id: answer.drawing_id, version: answer.version };
  const open = answer.outcomes.filter((outcome) => !outcome.closed);
  const hectares = answer.outcomes.reduce((sum, outcome) => sum + outcome.area_m2, 0) / 1e4;
  summary.className = open.length ? "notice warn" : "notice good";
  summary.textContent = open.length
    ? t("{n} 个社区围成 {m} 个；没围成的在下面说明，改好文字再围一次。", { n: answer.outcomes.length, m: answer.closed })
    : t("{n} 个社区全部围成，共 {area} 公顷。看看地图，对了就签发。", { n: answer.outcomes.length, area: number(hectares, 1) });
  summary.hidden = false;
  problems.replaceChildren(...answer.outcomes.flatMap(told), ...answer.defects.map((words) => el("li", { class: "remark" }, words)));
  [...table.rows].forEach((line) => {
    const name = line.querySelector("textarea").value.replace(/\s/g, "");
    const outcome = answer.outcomes.find((one) => one.name === name);
    line.className = outcome ? (outcome.closed ? "closed-row" : "open-row") : "";
    const code = line.querySelector('[data-column="code"]');
    if (outcome && !code.value) code.placeholder = outcome.code;
  });
  mend.hidden = answer.signed;
  mend.href = `/borders/draw/${answer.drawing_id}`;
  sign.hidden = answer.signed || Boolean(open.length);
  close.textContent = t("重新围合");
  show(answer.features);
}

function told(outcome) {
  if (!outcome.closed) return [el("li", {}, el("strong", {}, outcome.name), " ", outcome.problems.join(" "))];
  return outcome.sides.filter((side) => side.status === "reading").map((side) => el("li", { class: "remark" }, el("strong", {}, outcome.name), ` ${side.side_words} “${side.text}”：${side.status_words}，${side.words}`));
}

async function readFile(input) {
  const body = new FormData();
  body.append("file", input.files[0]);
  try {
    const found = await request("/api/bounds/read", { method: "POST", body });
    fill(found.rows);
    await closeBounds();
  } catch (error) {
    tell(error);
  }
  input.value = "";
}

export async function watchBounds() {
  const file = document.getElementById("bounds-file");
  file.addEventListener("change", () => file.files.length && readFile(file));
  close.addEventListener("click", closeBounds);
  document.getElementById("bounds-add").addEventListener("click", () => addRow().querySelector("textarea").focus());
  watchSigning(sign, () => drawing);
  if (page.hasBounds) {
    const known = await request("/api/bounds").catch(() => null);
    if (known) {
      fill(known.rows);
      if (!known.signed) tellOutcome(known);
    }
  }
  while (table.rows.length < 3) addRow();
}
