// The filter form is the one truth: the address, tiles, list, heat and export all follow it.
const form = () => document.getElementById("filters");

/** The form as a query without empty values. */
export function filterQuery() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form())) if (value !== "") query.append(name, value);
  return query.toString();
}

/** Call `changed(query)` after each change of the form; typing waits a moment. */
export function watchFilters(changed) {
  let waiting = 0;
  let before = filterQuery();
  const announce = () => {
    clearTimeout(waiting);
    const query = filterQuery();
    markPresets();
    if (query === before) return;
    before = query;
    history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
    changed(query);
  };
  form().addEventListener("submit", (event) => { event.preventDefault(); announce(); });
  form().addEventListener("change", announce);
  form().addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(announce, 350);
  });
  for (const button of form().querySelectorAll("[data-since]")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      form().elements.from.value = on ? button.dataset.since : "";
      form().elements.to.value = on ? button.dataset.until : "";
      announce();
    });
  }
  document.getElementById("reset")?.addEventListener("click", () => {
    for (const field of form().elements) {
      if (field.type === "checkbox") field.checked = false;
      else if (field.name) field.value = "";
    }
    announce();
  });
  markPresets();
}

function markPresets() {
  const { from, to } = form().elements;
  for (const button of form().querySelectorAll("[data-since]")) {
    button.setAttribute("aria-pressed", String(from.value === button.dataset.since && to.value === button.dataset.until));
  }
}
