// The list of a check: which records move from where to where; all, some or none are accepted.
import { el, number, t } from "./page.js";

export function checkPanel(check, { mayDecide, show, decide }) {
  const kept = new Set();
  const { counts, records, seconds } = check.report;
  const accept = el("button", { type: "button", class: "button primary" });
  const words = () => { accept.textContent = kept.size ? t("采用，移动 {n} 条，{m} 条不动", { n: check.items.length - kept.size, m: kept.size }) : t("采用，移动 {n} 条", { n: check.items.length }); };
  words();
  accept.addEventListener("click", () => { accept.disabled = true; decide({ decision: "accept", keep: [...kept] }); });
  const place = (side) => side.placement === "located" ? side.owner || t("辖区外") : side.placement === "ambiguous" ? t("待定位（拿不准）") : t("找不到");
  const row = (item) => {
    const tick = el("input", { type: "checkbox", checked: true, "aria-label": t("移动这一条") });
    tick.addEventListener("change", () => { if (tick.checked) kept.delete(item.id); else kept.add(item.id); words(); });
    const owners = place(item.before) === place(item.after) ? place(item.after) : `${place(item.before)} → ${place(item.after)}`;
    return el("li", {}, el("div", { class: "record" }, mayDecide ? tick : null,
      el("button", { type: "button", class: "link", onclick: () => show(item) }, `${item.title} ${item.words}`)),
      el("span", { class: "small" }, el("span", { class: "change" }, item.change_words), ` ${[item.distance_m === null ? "" : `${number(item.distance_m, item.distance_m < 10 ? 1 : 0)} ${t("米")}`, owners].filter(Boolean).join(" · ")}`));
  };
  const keepDrafts = el("input", { type: "checkbox", checked: true });
  const some = Object.entries(check.changes).map(([change, count]) => `${check.items.find((item) => item.change === change)?.change_words ?? change} ${count}`).join(" · ");
  return el("div", {},
    el("h2", {}, check.items.length ? t("这些改动会移动 {n} 条记录", { n: check.items.length }) : t("这些改动不移动任何记录")),
    el("p", { class: "small muted" }, [some, t("共核对 {n} 条，用 {s} 秒", { n: number(records), s: number((seconds?.compile ?? 0) + (seconds?.compare ?? 0), 1) }), t("采用后：道路 {roads}、路口 {crossings}、地点 {places}", counts)].filter(Boolean).join(" · ")),
    mayDecide ? el("div", { class: "actions" }, accept,
      el("button", { type: "button", class: "button", onclick: () => decide({ decision: "discard", keep_drafts: keepDrafts.checked }) }, t("不采用")),
      el("label", { class: "remember" }, keepDrafts, el("span", {}, t("不采用时草稿留着再改")))) : null,
    el("ul", { class: "roads-list" }, ...check.items.slice(0, 500).map(row)),
    check.items.length > 500 ? el("p", { class: "muted small" }, t("另有 {n} 条没有列出", { n: check.items.length - 500 })) : null);
}
