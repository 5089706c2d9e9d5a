// Proposing new borders: the file is checked by the server; what is wrong with it is listed here.
import { ApiError, request } from "./api.js";
import { el, t } from "./page.js";

const form = document.getElementById("propose");
const box = document.getElementById("problem");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const words = button.textContent;
  box.hidden = true;
  button.disabled = true;
  button.textContent = t("正在检查…");
  try {
    const answer = await request("/api/borders", { method: "POST", body: new FormData(form) });
    location.assign(`/borders/${answer.id}`);
  } catch (error) {
    const fields = error instanceof ApiError ? error.fields : [];
    const said = error instanceof ApiError ? error.message : String(error);
    box.replaceChildren(el("p", {}, said), fields.length ? el("ul", { class: "problems small" }, ...fields.map((field) => el("li", {}, field.words || field.field))) : "");
    box.hidden = false;
    button.disabled = false;
    button.textContent = words;
  }
});
