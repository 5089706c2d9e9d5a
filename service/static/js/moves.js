// The history of a record's position: taking the last move back, and answering a list that says otherwise.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { t } from "./page.js";
import { toast } from "./toast.js";

const keys = new WeakMap();

async function act(button, url, body) {
  if (!keys.has(button)) keys.set(button, newId());
  button.disabled = true;
  try {
    const done = await request(url, { method: "POST", body, headers: { "if-match": `"${button.dataset.version}"`, "idempotency-key": keys.get(button) } });
    if (done.visible === false) location.assign(location.pathname.split("/").slice(0, 2).join("/"));
    else location.reload();
  } catch (error) {
    if (error instanceof ApiError && error.status) keys.delete(button);
    toast(error instanceof ApiError ? error.message : String(error), "late");
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const undo = event.target.closest("[data-undo]");
  if (undo && confirm(t("回到移动前的位置，学到的地名一并收回。确定撤销吗？"))) act(undo, `${undo.dataset.undo}/moves/undo`, {});
  const keep = event.target.closest("[data-keep-position]");
  if (keep) act(keep, `${keep.dataset.keepPosition}/listed/keep`);
});
