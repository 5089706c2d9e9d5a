// Questions that need an answer before going on: facts of a zone, a name, signing off.
import { ApiError } from "./api.js";
import { el, page, t } from "./page.js";
import { area, store } from "./draw-store.js";

const dialog = document.getElementById("dialog");
const field = (words, control) => el("label", { class: "field" }, el("span", {}, words), control);
const input = (name, value, more = {}) => el("input", { name, value, maxlength: 60, autocomplete: "off", ...more });

/** Show a form; `save(values)` returns true when the dialog may close. */
export function ask(title, fields, { save, words = t("保存"), extra = null, wide = false }) {
  const problem = el("p", { class: "late", role: "alert", hidden: true });
  const form = el(
    "form", { method: "dialog" }, el("h2", {}, title), ...fields, problem,
    el("div", { class: "actions" }, el("button", { class: "button primary", value: "save" }, words), extra, el("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("取消"))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(".primary");
    button.disabled = true;
    problem.hidden = true;
    try {
      if (await save(new FormData(form))) dialog.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.replaceChildren(error.message, ...error.fields.filter((one) => one.words).slice(0, 8).map((one) => el("span", { class: "small" }, el("br"), one.words)));
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
  dialog.classList.toggle("wide", wide);
  dialog.replaceChildren(form);
  dialog.showModal();
  return form;
}

/** Ask yes or no. */
export function confirmed(title, words, yes) {
  return new Promise((resolve) => {
    ask(title, [el("p", {}, words)], { words: yes, save: async () => { resolve(true); return true; } });
    dialog.addEventListener("close", () => resolve(false), { once: true });
  });
}

export function editZone(zone, { above, save, remove = null }) {
  const fields = [
    field(t("名称"), input("name", zone.name, { required: true })),
    field(t("代码（留空自动编）"), input("code", zone.code, { maxlength: 40, pattern: "[\\w.+:\\-]{1,40}" })),
    field(zone.level === "grid" ? t("网格员或负责人") : t("分包领导"), input("leader", zone.leader)),
  ];
  if (above.length) {
    const options = above.map((parent) => el("option", { value: parent.code, selected: parent.code === zone.parent }, parent.name));
    fields.push(field(t("上级"), el("select", { name: "parent" }, ...options)));
  }
  const gone = remove && el("button", { class: "button danger", type: "button", onclick: async () => { if (await remove()) dialog.close(); } }, t("删去（可撤销）"));
  ask(zone.code ? zone.name : zone.level === "grid" ? t("新设网格") : t("新设社区"), fields, {
    extra: gone, save: (values) => save({ ...Object.fromEntries(values), name: values.get("name").trim(), code: values.get("code").trim() }),
  });
}

export function askName(value, save) {
  ask(t("草图改名"), [field(t("名称"), input("name", value, { required: true }))], { save: async (values) => { await save(values.get("name").trim()); return true; } });
}

/** Sign off: names, dates, and what is still open. */
export function askSign(save) {
  const open = store.findings;
  const outside = open.some((finding) => finding.kind === "outside") || !store.zones.some((zone) => zone.level === "subdistrict");
  const count = (level) => store.zones.filter((zone) => zone.level === level).length;
  const whole = store.zones.filter((zone) => zone.level === "community").reduce((sum, zone) => sum + zone.area_m2, 0);
  const fields = [
    el("p", { class: "small muted" }, page.drawing.first ? t("这是本单位的第一版边界：签发后当场生效。") : t("签发后成为边界方案：列出要移交的案件，等人决定后才生效。")),
    el("p", { class: "small" }, t("{c} 个社区、{g} 个网格，共 {area}", { c: count("community"), g: count("grid"), area: area(whole) })),
    field(t("画图人姓名"), input("drawn_by", page.person, { required: true })),
    field(t("签发人姓名"), input("signed_by", "", { required: true })),
    field(t("签发日期"), input("signed_on", page.today, { type: "date", required: true })),
    field(t("从哪天起有效"), input("valid_from", page.today, { type: "date", required: true })),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "outline", checked: outside }), el("span", {}, t("街道界按各社区的外缘重画"))),
  ];
  if (open.length) {
    fields.push(
      el("ul", { class: "problems small" }, ...open.slice(0, 8).map((finding) => el("li", {}, finding.words)), open.length > 8 ? el("li", {}, t("另有 {n} 处", { n: open.length - 8 })) : null),
      el("label", { class: "check" }, el("input", { type: "checkbox", name: "known" }), el("span", {}, t("以上 {n} 处我已看过，确实如此", { n: open.length }))),
    );
  }
  ask(t("签发草图"), fields, {
    words: t("签发"),
    save: (values) => save({
      drawn_by: values.get("drawn_by").trim(), signed_by: values.get("signed_by").trim(), signed_on: values.get("signed_on"), valid_from: values.get("valid_from"),
      outline: values.has("outline"), known: values.has("known"),
    }),
  });
}
