// The panel with everything about one problem.
import { ApiError, newest, part } from "./api.js";
import { el } from "./page.js";

const panel = () => document.getElementById("detail");
const latest = newest();

/** Show a case; resolves to its position [lon, lat], or null when it has none. */
export async function showDetail(id) {
  let html;
  try {
    html = await latest((signal) => part(`/parts/cases/${encodeURIComponent(id)}`, { signal }));
  } catch (error) {
    panel().hidden = false;
    panel().replaceChildren(el("p", { class: "empty" }, error instanceof ApiError ? error.message : String(error)));
    return null;
  }
  if (html === undefined) return null;
  panel().innerHTML = html;
  panel().scrollTop = 0;
  panel().hidden = false;
  panel().focus({ preventScroll: true });
  const { lon, lat } = panel().querySelector("[data-case]").dataset;
  return lon && lat ? [Number(lon), Number(lat)] : null;
}

export function hideDetail() {
  panel().hidden = true;
  panel().replaceChildren();
}

/** Call `closed()` when the panel's cross is clicked or Escape is pressed. */
export function watchDetail(closed) {
  panel().addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) closed();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel().hidden) closed();
  });
}
