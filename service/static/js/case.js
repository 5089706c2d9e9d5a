// One case: its small map, and steps to the next state.
import { ApiError, request } from "./api.js";
import { addFoundLayers, fitCandidates, showCandidates } from "./found-layers.js";
import { createMap } from "./map.js";
import { page } from "./page.js";

if (page.geometry) {
  const map = createMap("map");
  map.once("load", async () => {
    addFoundLayers(map);
    const place = [{ geometry: page.geometry, uncertainty_m: page.case.uncertainty_m }];
    showCandidates(map, place);
    fitCandidates(map, place);
  });
  window.qingtuMap = map;
}

const form = document.querySelector("[data-advance]");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = form.querySelector("[role=alert]");
  problem.hidden = true;
  try {
    await request(form.dataset.advance, {
      method: "POST",
      body: { state: event.submitter.value, note: form.elements.note.value.trim() },
      headers: { "if-match": `"${form.dataset.version}"` },
    });
    location.reload();
  } catch (error) {
    problem.textContent = error instanceof ApiError ? error.message : String(error);
    problem.hidden = false;
  }
});
