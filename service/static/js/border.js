// One proposal of new borders: old and new on the map, and the decision, case by case.
import { ApiError, request } from "./api.js";
import { boundsOf, createMap, maplibre } from "./map.js";
import { FONT } from "./map-style.js";
import { el, page, t } from "./page.js";

const { htmx } = window;
const moves = document.getElementById("moves");
const role = (name) => ["==", ["get", "role"], name];
const LAYERS = { before: ["change-before"], after: ["change-after"], land: ["change-land", "change-land-names"] };

function changeLayers() {
  const chosen = page.style.chosen;
  const wide = ["match", ["get", "level"], "subdistrict", 4, "community", 3.2, 1.6];
  const layer = (id, type, name, rest) => ({ id, type, source: "change", filter: role(name), ...rest });
  return [
    layer("change-land", "fill", "land", { paint: { "fill-color": chosen, "fill-opacity": ["match", ["get", "level"], "grid", 0.1, 0.2] } }),
    layer("change-after", "line", "after", { layout: { "line-join": "round" }, paint: { "line-color": chosen, "line-width": wide } }),
    layer("change-before", "line", "before", { layout: { "line-join": "round" }, paint: { "line-color": "#17232e", "line-width": wide, "line-dasharray": [2, 1.6] } }),
    layer("change-cases", "circle", "case", {
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 4, 16, 7],
        "circle-color": ["match", ["get", "command"], ...page.style.commands.filter((c) => c.code).flatMap((c) => [c.code, c.colour]), page.style.commands.at(-1).colour],
        "circle-stroke-color": ["case", ["==", ["get", "outcome"], "kept"], "#17232e", "#ffffff"], "circle-stroke-width": 2,
      },
    }),
    layer("change-land-names", "symbol", "land", {
      filter: ["all", role("land"), ["!=", ["get", "level"], "grid"]],
      layout: { "text-field": ["get", "words"], "text-font": FONT, "text-size": 13 },
      paint: { "text-color": chosen, "text-halo-color": "#ffffff", "text-halo-width": 2 },
    }),
  ];
}

async function drawMap() {
  const map = createMap("map");
  const ready = new Promise((resolve) => map.once("load", resolve));
  const [change] = await Promise.all([request(`/api/borders/${page.change.id}/map`), ready]);
  map.addSource("change", { type: "geojson", data: change });
  changeLayers().forEach((layer) => map.addLayer(layer));
  const shown = change.features.filter((feature) => feature.properties.role === "land").map((feature) => feature.geometry);
  if (shown.length) map.fitBounds(boundsOf(shown), { padding: 70, maxZoom: 16, duration: 0 });
  map.on("click", "change-cases", ({ features }) => {
    const { id, number } = features[0].properties;
    document.querySelector(`[data-case="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "center" });
    new maplibre.Popup({ closeButton: false }).setLngLat(features[0].geometry.coordinates)
      .setDOMContent(el("a", { href: `/cases/${id}` }, t("第 {n} 号", { n: number }))).addTo(map);
  });
  for (const button of document.querySelectorAll(".border-map [data-role]")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      for (const id of LAYERS[button.dataset.role]) map.setLayoutProperty(id, "visibility", on ? "visible" : "none");
    });
  }
  window.qingtuMap = map;
  map.once("idle", () => (document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()))));
}

/** What the person chose so far, by case: kept over a new list. */
const chosen = new Map();

function follow(select) {
  const field = select.closest("td").querySelector(".reason");
  field.hidden = select.value !== "keep";
  if (select.value === "keep") chosen.set(select.dataset.keep, field.querySelector("input").value);
  else chosen.delete(select.dataset.keep);
}

moves.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keep]")) return;
  follow(event.target);
  if (event.target.value === "keep") event.target.closest("td").querySelector("[data-reason]").focus();
});
moves.addEventListener("input", (event) => {
  if (event.target.matches("[data-reason]")) chosen.set(event.target.dataset.reason, event.target.value);
});
moves.addEventListener("htmx:afterSwap", () => {
  document.getElementById("move-count").textContent = moves.querySelector("[data-count]").dataset.count;
  for (const [id, reason] of [...chosen]) {
    const select = moves.querySelector(`[data-keep="${CSS.escape(id)}"]`);
    if (!select) {
      chosen.delete(id);
      continue;
    }
    select.value = "keep";
    select.closest("td").querySelector("[data-reason]").value = reason;
    follow(select);
  }
});

const form = document.getElementById("decide");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = form.querySelector("[role=alert]");
  const list = moves.querySelector("[data-seen]").dataset;
  const decision = event.submitter.value;
  const keep = decision === "accept" ? Object.fromEntries(chosen) : {};
  problem.hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    await request(`/api/borders/${form.dataset.change}/decide`, {
      method: "POST",
      body: { decision, keep, note: form.elements.note.value.trim(), seen: decision === "accept" ? list.seen : "" },
      headers: { "if-match": `"${list.version}"` },
    });
    location.reload();
  } catch (error) {
    problem.textContent = error instanceof ApiError ? [error.message, ...new Set(error.fields.map((field) => field.words).filter(Boolean))].join(" · ") : String(error);
    problem.hidden = false;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    const stale = error instanceof ApiError && [409, 412].includes(error.status);
    if (stale) htmx.ajax("GET", `/borders/${form.dataset.change}`, { target: "#moves", swap: "innerHTML" });
  }
});

drawMap();
