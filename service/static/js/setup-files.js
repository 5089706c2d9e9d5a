// Files of the set-up: roads and names (compiled by the server, which is asked how far it is), and borders.
import { request } from "./api.js";
import { newId } from "./ids.js";
import { page, t } from "./page.js";
import { adopt } from "./setup-sign.js";

const words = (error) => [error.message, ...(error.fields ?? []).map((field) => field.words)].join(" · ");

function tell(box, text, kind = "") {
  box.textContent = text;
  box.className = `notice ${kind}`;
  box.hidden = false;
}

/** A road file is sent as soon as it is chosen; the page shows the checklist anew when it is compiled. */
export function watchRoads() {
  const form = document.getElementById("roads-form");
  const box = document.getElementById("roads-progress");
  form?.elements.file.addEventListener("change", async () => {
    if (!form.elements.file.files.length) return;
    tell(box, t("正在上传…"));
    try {
      await request("/api/gazetteer/sources", { method: "POST", headers: { "idempotency-key": newId() }, body: new FormData(form) });
      await compiled(box);
    } catch (error) {
      tell(box, words(error), "late");
    }
    form.elements.file.value = "";
  });
}

async function compiled(box) {
  for (;;) {
    const state = await request("/api/gazetteer");
    if (state.state === "ready") return location.assign("/setup");
    if (state.state === "failed") return tell(box, state.problem || t("没有编成，请换一个文件。"), "late");
    if (state.state === "waiting") return location.assign("/roads");
    tell(box, t("正在编地名库…"));
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

/** A file of borders is checked as soon as it is chosen, and can be adopted at once. */
export function watchBorders() {
  const form = document.getElementById("borders-form");
  const box = form.querySelector("[data-told]");
  const then = form.querySelector("[data-then]");
  let change = null;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.file.addEventListener("change", async () => {
    if (!form.elements.file.files.length) return;
    then.hidden = true;
    tell(box, t("正在检查…"));
    try {
      change = await request("/api/borders", { method: "POST", body: new FormData(form) });
      tell(box, t("可以用：{n} 个区划有变动，{d} 处小缺陷。", { n: change.zones_changed, d: change.defects }), "good");
      form.querySelector("[data-look]").href = `/borders/${change.id}`;
      then.hidden = change.state !== "proposed";
    } catch (error) {
      tell(box, words(error), "late");
    }
    form.elements.file.value = "";
  });
  form.querySelector("[data-adopt]").addEventListener("click", async (event) => {
    event.target.disabled = true;
    try {
      await adopt(change.id);
      location.assign("/setup");
    } catch (error) {
      tell(box, words(error), "late");
      event.target.disabled = false;
    }
  });
  for (const button of document.querySelectorAll("[data-begin]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const name = `${t("社区边界")} ${page.today}`;
        const made = await request("/api/drawings", { method: "POST", headers: { "idempotency-key": newId() }, body: { name, start: page.first ? "empty" : "current" } });
        location.assign(`/borders/draw/${made.id}`);
      } catch (error) {
        button.disabled = false;
        button.after(Object.assign(document.createElement("p"), { className: "notice late", textContent: words(error) }));
      }
    });
  }
}
