// The table of cases: each change of the filter replaces the table and the address.
import { filterQuery, watchFilters } from "./filters.js";
import { number, t } from "./page.js";

const { htmx } = window;

const table = document.getElementById("table");

function load(query) {
  follow(query);
  return htmx.ajax("GET", `/cases?${query}`, { target: "#table", swap: "innerHTML" });
}

function follow(query) {
  const tail = query ? `?${query}` : "";
  const excel = document.getElementById("export");
  if (excel) excel.href = `/api/cases/export.xlsx${tail}`;
  document.getElementById("on-map").href = `/${tail}`;
}

watchFilters(load);
follow(filterQuery());

table.addEventListener("click", (event) => {
  const link = event.target.closest("[data-next], [data-first]");
  if (!link) return;
  event.preventDefault();
  const query = new URLSearchParams(filterQuery());
  if (link.dataset.next) query.set("after", link.dataset.next);
  htmx.ajax("GET", `/cases?${query}`, { target: "#table", swap: "innerHTML" }).then(() => scrollTo(0, 0));
});

table.addEventListener("htmx:afterSwap", () => {
  const total = table.querySelector("[data-total]")?.dataset.total;
  if (total !== undefined) document.getElementById("case-total").textContent = t("共 {n} 件", { n: number(Number(total)) });
});
