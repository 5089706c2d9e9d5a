// One analysis on the map: a button, what the server computed for the filter, a legend that folds away.
import { ApiError, newest, request } from "./api.js";
import { openLegend } from "./legend.js";
import { el, t } from "./page.js";

/**
 * Tie an analysis to its button and its legend (a <details> with a `.legend-title` and a `.legend-body`).
 *
 * `ask(query)` is the address, `draw(map, answer, query)` adds the layers, `remove(map)` takes them
 * away, `title(answer)` and `tell(answer, redo)` are the legend's head and body; `redo()` computes anew.
 */
export function analysisLayer(map, { button, legend, ask, draw, remove, title, tell }) {
  const latest = newest();
  const head = legend.querySelector(".legend-title");
  const body = legend.querySelector(".legend-body");
  const name = head.textContent;
  let query = "";
  const isOn = () => button.getAttribute("aria-pressed") === "true";

  async function refresh(newQuery) {
    query = newQuery;
    if (!isOn()) return;
    legend.hidden = false;
    legend.setAttribute("aria-busy", "true");
    try {
      const answer = await latest((signal) => request(ask(query), { signal }));
      if (answer === undefined || !isOn()) return;
      draw(map, answer, query);
      head.textContent = title(answer);
      body.replaceChildren(...tell(answer, () => refresh(query)));
    } catch (error) {
      remove(map);
      head.textContent = t("{name}：出错了", { name });
      body.replaceChildren(el("p", { class: "late" }, error instanceof ApiError ? error.message : String(error)));
      openLegend(legend);
    }
    legend.removeAttribute("aria-busy");
  }

  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isOn()));
    if (isOn()) return refresh(query);
    remove(map);
    legend.hidden = true;
    head.textContent = name;
    return undefined;
  });
  return { refresh, isOn };
}
