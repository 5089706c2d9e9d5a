// The list of drawings: begin one, remove one (asked twice).
import { ApiError, request } from "./api.js";
import { el, t } from "./page.js";

const form = document.getElementById("begin");
const problem = document.getElementById("begin-problem");
const dialog = document.getElementById("dialog");

function say(error) {
  if (!(error instanceof ApiError)) throw error;
  problem.textContent = error.message;
  problem.hidden = false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const [start, change = null] = form.elements.start.value.split(":");
  problem.hidden = true;
  button.disabled = true;
  try {
    const made = await request("/api/drawings", { method: "POST", body: { name: form.elements.name.value.trim(), start, change_id: change } });
    location.assign(`/borders/draw/${made.id}`);
  } catch (error) {
    button.disabled = false;
    say(error);
  }
});

function remove({ remove: id, version, name }) {
  const yes = el("button", { class: "button danger" }, t("删除，不能恢复"));
  const box = el(
    "form", { method: "dialog" }, el("h2", {}, t("删除草图“{name}”？", { name })),
    el("p", {}, t("画的边界、全部步骤和底图照片一起删掉。已签发的方案不受影响。")),
    el("div", { class: "actions" }, yes, el("button", { class: "button", type: "button", autofocus: true, onclick: () => dialog.close() }, t("不删"))),
  );
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    dialog.close();
    try {
      await request(`/api/drawings/${id}`, { method: "DELETE", headers: { "if-match": `"${version}"` } });
      location.reload();
    } catch (error) {
      say(error);
    }
  });
  dialog.replaceChildren(box);
  dialog.showModal();
}

for (const button of document.querySelectorAll("[data-remove]")) button.addEventListener("click", () => remove(button.dataset));
