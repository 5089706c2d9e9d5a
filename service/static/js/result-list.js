// The list of problems beside the map, a page at a time, rendered by the server.
import { ApiError, newest, part } from "./api.js";
import { el, number, t } from "./page.js";

const box = () => document.getElementById("results");
const latest = newest();
let query = "";

export async function showResults(newQuery) {
  query = newQuery;
  box().setAttribute("aria-busy", "true");
  try {
    const html = await latest((signal) => part(`/parts/list?${query}`, { signal }));
    if (html === undefined) return;
    box().innerHTML = html;
    box().scrollTop = 0;
    showCount();
  } catch (error) {
    box().replaceChildren(el("p", { class: "empty" }, error instanceof ApiError ? error.message : String(error)));
  }
  box().removeAttribute("aria-busy");
}

function showCount() {
  const total = Number(box().querySelector("[data-total]")?.dataset.total ?? 0);
  const count = document.getElementById("count");
  count.replaceChildren(el("strong", { class: "num", id: "total" }, number(total)), ` ${t("件问题")}`);
}

/** Call `chosen(id)` when a row is clicked; fetch more rows at the end. */
export function watchResults(chosen) {
  box().addEventListener("click", async (event) => {
    const row = event.target.closest("[data-case]");
    if (row) chosen(row.dataset.case);
    const more = event.target.closest("[data-after]");
    if (!more) return;
    more.disabled = true;
    const html = await part(`/parts/list?${query}${query ? "&" : ""}after=${encodeURIComponent(more.dataset.after)}`);
    more.closest(".more").outerHTML = html;
  });
}

export function markRow(id) {
  for (const row of box().querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
  if (!id) return;
  const row = box().querySelector(`[data-case="${CSS.escape(id)}"]`);
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}
