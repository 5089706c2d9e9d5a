// The legend of states and lines, drawn by the same code as the map; commands are explained by the filter.
import { el, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

export function fillLegend(box) {
  const states = page.states.map(({ code, name }) => el("span", {}, symbolElement({ state: code }), name));
  const late = el("span", {}, symbolElement({ command: "", state: "", late: true }), t("超期"));
  const line = (className, words) => el("span", {}, el("i", { class: `legend-line ${className}` }), words);
  box.replaceChildren(...states, late, line("case", t("线状问题")), line("community", t("社区边界")), line("grid", t("网格边界")));
}
