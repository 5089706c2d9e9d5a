// Undoing an import: first what it would remove, then a second click.
import { ApiError, request } from "./api.js";
import { el, number, t } from "./page.js";

const words = (error) => (error instanceof ApiError ? error.message : String(error));

async function plan(button) {
  const id = button.dataset.undo;
  document.querySelector("dialog.undo")?.remove();
  const close = () => { dialog.close(); dialog.remove(); button.focus(); };
  const body = el("div", { class: "stack" }, el("p", { class: "muted" }, t("正在计算…")));
  const dialog = el("dialog", { class: "undo", "aria-label": t("撤销本次导入") }, el("h3", {}, t("撤销本次导入")), body);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  dialog.showModal();
  try {
    show(body, id, await request(`/api/imports/${id}/undo`), close);
  } catch (error) {
    body.replaceChildren(el("p", { class: "notice late", role: "alert" }, words(error)), el("button", { type: "button", class: "button", onclick: close }, t("关闭")));
  }
}

function show(body, id, effect, close) {
  const insist = el("input", { type: "checkbox", id: "undo-force" });
  const go = el("button", { type: "button", class: "button danger", id: "undo-confirm", disabled: effect.worked_on > 0 }, t("确定撤销"));
  insist.addEventListener("change", () => { go.disabled = !insist.checked; });
  go.addEventListener("click", () => undo(body, id, go, effect.worked_on > 0));
  body.replaceChildren(
    el("p", { id: "undo-effect" }, t("会移除 {n} 条记录。", { n: number(effect.removed) }), effect.kept ? t("另有 {n} 条因为别的导入也带来过，会保留。", { n: number(effect.kept) }) : ""),
    effect.worked_on ? el("label", { class: "chip-check notice late" }, insist, t("其中 {n} 件已有人办理，连同办理记录一起撤销", { n: number(effect.worked_on) })) : "",
    el("p", { class: "small muted" }, t("逐行结果和审计记录会留下；记住的列改正也会留下。")),
    el("div", { class: "actions" }, go, el("button", { type: "button", class: "button", onclick: close }, t("不撤销"))),
  );
  go.focus();
}

async function undo(body, id, go, force) {
  go.disabled = true;
  try {
    await request(`/api/imports/${id}/undo${force ? "?force=true" : ""}`, { method: "POST" });
    location.reload();
  } catch (error) {
    go.disabled = false;
    body.prepend(el("p", { class: "notice late", role: "alert" }, words(error)));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-undo]");
  if (button) plan(button);
});
