// The legends: that of states and lines, drawn by the same code as the map (commands are explained by
// the filter), and how all of them fold on a small screen.
import { el, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

export function fillLegend(box) {
  const states = page.states.map(({ code, name }) => el("span", {}, symbolElement({ state: code }), name));
  const late = el("span", {}, symbolElement({ command: "", state: "", late: true }), t("超期"));
  const line = (className, words) => el("span", {}, el("i", { class: `legend-line ${className}` }), words);
  box.replaceChildren(...states, late, line("case", t("线状问题")), line("community", t("社区边界")), line("grid", t("网格边界")));
}

export const narrow = matchMedia("(max-width: 900px)");

/** Open a legend; on a small screen the others fold, so that the map stays in view. */
export function openLegend(legend) {
  if (narrow.matches) for (const other of legend.parentElement.children) if (other !== legend) other.open = false;
  legend.open = true;
}

/** On a small screen legends begin folded. */
export function foldLegends(box) {
  const legends = [...box.querySelectorAll("details")];
  const settle = () => legends.forEach((legend) => (legend.open = !narrow.matches));
  for (const legend of legends) {
    // Before the browser opens it: its own event comes later, when another one may be open already.
    legend.querySelector("summary").addEventListener("click", (event) => {
      if (legend.open) return;
      event.preventDefault();
      openLegend(legend);
    });
  }
  narrow.addEventListener("change", settle);
  settle();
}
