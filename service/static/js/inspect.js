// The form of an inspection: every item answered, one tap for all passed, a word for what failed.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { el, page, t } from "./page.js";

const form = document.getElementById("inspect");
const problem = document.getElementById("problem");
// One id per opened form: pressing twice, or again after the network was gone, files one inspection.
const id = newId();
const rows = [...document.querySelectorAll("[data-item]")];
const chosen = (row) => row.querySelector("input[type=radio]:checked")?.value;

function update() {
  const done = rows.filter(chosen).length;
  document.getElementById("progress").textContent = `${done} / ${rows.length}`;
  for (const row of rows) {
    row.querySelector(".why").hidden = chosen(row) !== "fail";
    if (chosen(row)) row.classList.remove("missing");
  }
}

form.addEventListener("change", (event) => {
  update();
  if (event.target.value === "fail") event.target.closest("[data-item]").querySelector(".why input").focus();
});

document.getElementById("all-pass").addEventListener("click", () => {
  for (const row of rows) row.querySelector("input[value=pass]").checked = true;
  update();
  document.getElementById("submit").focus();
});

function tell(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = rows.filter((row) => !chosen(row));
  for (const row of missing) row.classList.add("missing");
  if (missing.length) {
    tell(t("还有 {n} 项没有填", { n: missing.length }));
    missing[0].scrollIntoView({ block: "center" });
    return;
  }
  tell("");
  const items = Object.fromEntries(rows.map((row) => [row.dataset.item, { result: chosen(row), note: row.querySelector(".why input").value.trim() }]));
  const button = document.getElementById("submit");
  button.disabled = true;
  try {
    const answer = await request(`/api/places/${page.place}/inspections`, {
      method: "POST", body: { items, note: form.elements.note.value.trim() }, headers: { "idempotency-key": id },
    });
    showDone(answer);
  } catch (error) {
    tell(error instanceof ApiError ? error.message : String(error));
    button.disabled = false;
  }
});

function showDone(answer) {
  form.hidden = true;
  const done = document.getElementById("done");
  const opened = answer.opened.filter((one) => one.new).length;
  const parts = [answer.result === "pass" ? t("已提交：全部合格。") : t("已提交：{n} 项不合格，新立 {m} 件问题。", { n: answer.opened.length, m: opened })];
  if (answer.offers.length) parts.push(t("{n} 项这次合格而问题还没有结案，可以去核查结案。", { n: answer.offers.length }));
  done.querySelector("p").textContent = parts.join(" ");
  done.querySelector(".actions").replaceChildren(
    page.round ? el("a", { class: "button primary big", href: `/rounds/${page.round}?grid=${page.grid}` }, t("下一处")) : "",
    el("a", { class: "button big", href: `/registers/${page.place}` }, t("看这一处")),
    ...answer.offers.map((one) => el("a", { class: "button big", href: `/cases/${one.case_id}` }, t("去结案"))),
  );
  done.hidden = false;
  done.querySelector("p").scrollIntoView({ block: "center" });
}
