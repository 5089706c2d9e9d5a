// Signing a drawing off and, where the office has borders already, accepting the proposal that it becomes.
import { request } from "./api.js";
import { page, t } from "./page.js";

/** Sign the drawing that `drawing()` names and put it in force; then show the checklist anew. */
export function watchSigning(form, drawing) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const box = form.querySelector("[data-problem]");
    const words = button.textContent;
    box.hidden = true;
    button.disabled = true;
    button.textContent = t("正在生效…");
    try {
      const { id, version } = drawing();
      const facts = Object.fromEntries(["drawn_by", "signed_by", "valid_from"].map((name) => [name, form.elements[name].value.trim()]));
      const signed = await request(`/api/drawings/${id}/sign`, {
        method: "POST", headers: { "if-match": `"${version}"` }, body: { ...facts, signed_on: page.today, known: true },
      });
      if (!signed.in_force) await adopt(signed.change_id);
      location.assign("/setup");
    } catch (error) {
      box.textContent = [error.message, ...(error.fields ?? []).map((field) => field.words)].join(" · ");
      box.hidden = false;
      button.disabled = false;
      button.textContent = words;
    }
  });
}

/** Accept a proposal as it stands now. */
export async function adopt(id) {
  const change = await request(`/api/borders/${id}`);
  return request(`/api/borders/${id}/decide`, { method: "POST", headers: { "if-match": `"${change.version}"` }, body: { decision: "accept", seen: change.seen } });
}
