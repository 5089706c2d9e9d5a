// Registers and rounds: decisions about places, steps of the ladder, beginning and closing a round.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { t } from "./page.js";

const problem = document.getElementById("problem");

/** Do something and read the page again; what went wrong stands in the page's notice. */
async function act(work, then = () => location.reload()) {
  if (problem) problem.hidden = true;
  try {
    then(await work());
  } catch (error) {
    const words = error instanceof ApiError ? [error.message, ...error.fields.map((field) => field.words)].filter(Boolean).join(" · ") : String(error);
    problem.textContent = words;
    problem.hidden = false;
    problem.scrollIntoView({ block: "center" });
  }
}

function review(button) {
  const holder = button.closest("[data-place]");
  const send = (id, body, headers = {}) => request(`/api/places/${id}/review`, { method: "POST", body, headers });
  const version = { "if-match": `"${holder.dataset.version}"` };
  const what = button.dataset.review;
  // The place that was known before goes into the new entry, which keeps the list's words.
  if (what === "merge-here") return act(() => send(button.dataset.other, { decision: "merged", merged_into: holder.dataset.place, reason: t("同一处") }).then(() => send(holder.dataset.place, { decision: "other" })));
  if (what === "other") return act(() => send(holder.dataset.place, { decision: "other" }, version));
  if (what === "open") return act(() => send(holder.dataset.place, { decision: "open" }, version));
  const reason = prompt(t("关停原因（如：已转让、已拆除）"));
  if (reason?.trim()) act(() => send(holder.dataset.place, { decision: "closed", reason }, version));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-review]");
  if (button) review(button);
});

for (const form of document.querySelectorAll(".ladder-step")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { ladder, version } = form.closest("[data-ladder]").dataset;
    const body = { state: event.submitter.value, unit: form.elements.unit?.value ?? "", note: form.elements.note.value.trim() };
    act(() => request(`/api/ladders/${ladder}/step`, { method: "POST", body, headers: { "if-match": `"${version}"` } }));
  });
}

const begin = document.getElementById("new-round");
begin?.addEventListener("submit", (event) => {
  event.preventDefault();
  const data = new FormData(begin);
  const body = { name: data.get("name"), first_day: data.get("first_day"), last_day: data.get("last_day"), zones: data.getAll("zones"), classes: data.getAll("classes") };
  act(() => request("/api/rounds", { method: "POST", body, headers: { "idempotency-key": newId() } }), (made) => location.assign(`/rounds/${made.id}`));
});

const close = document.getElementById("close-round");
close?.addEventListener("click", () => {
  if (confirm(t("结束后，这次排查的结果不再变化。确定吗？"))) act(() => request(`/api/rounds/${close.dataset.round}/close`, { method: "POST" }));
});
