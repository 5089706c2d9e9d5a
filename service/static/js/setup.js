// The set-up page: the office's own facts, and the parts that do the other steps.
import { request } from "./api.js";
import { t } from "./page.js";
import { watchBounds } from "./setup-bounds.js";
import { watchBorders, watchRoads } from "./setup-files.js";
import { watchGrids } from "./setup-grids.js";
import { toast, tell } from "./toast.js";

const office = document.getElementById("office-form");
office.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { name, note, public: open } = office.elements;
    await request("/api/office", { method: "PATCH", body: { name: name.value, note: note.value, public: open.checked } });
    await refresh();
    toast(t("已保存"));
  } catch (error) {
    tell(error);
  }
});

/** Put what the server says of the steps into the page. */
async function refresh() {
  const state = await request("/api/setup");
  for (const step of state.steps) {
    const card = document.getElementById(`step-${step.key}`);
    card.querySelector("[data-facts]").textContent = step.facts.join(" · ");
    card.querySelector("[data-advice]").textContent = step.advice;
  }
}

const tabs = document.querySelectorAll("[data-way]");
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    for (const other of tabs) other.setAttribute("aria-selected", String(other === tab));
    for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== tab.dataset.way;
  });
}

for (const drop of document.querySelectorAll(".drop")) {
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const input = drop.querySelector("input");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

if (location.hash.startsWith("#step-")) document.querySelector(location.hash)?.setAttribute("open", "");
watchRoads();
watchBorders();
watchBounds();
watchGrids();
