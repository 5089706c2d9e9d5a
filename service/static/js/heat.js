// The heat layer: a picture that the server computed in metres, and its legend in 处/km².
import { ApiError, newest, request } from "./api.js";
import { el, number, t } from "./page.js";

const latest = newest();
let on = false;
let bandwidth = 150;

const legend = () => document.getElementById("heat-legend");

async function picture(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas;
}

function remove(map) {
  if (map.getLayer("heat")) map.removeLayer("heat");
  if (map.getSource("heat")) map.removeSource("heat");
}

async function draw(map, query) {
  const answer = await latest((signal) => request(`/api/heat?${query}${query ? "&" : ""}bandwidth_m=${bandwidth}`, { signal }));
  if (answer === undefined || !on) return;
  const canvas = answer.image ? await picture(answer.image) : null;
  remove(map);
  showLegend(answer, map, query);
  if (!canvas) return;
  const [west, south, east, north] = answer.bounds;
  map.addSource("heat", {
    type: "canvas", canvas, animate: false, coordinates: [[west, north], [east, north], [east, south], [west, south]],
  });
  map.addLayer({ id: "heat", type: "raster", source: "heat", paint: { "raster-opacity": 0.85, "raster-fade-duration": 0 } }, "zone-grid");
}

function showLegend(answer, map, query) {
  const slider = el("input", { type: "range", min: 60, max: 500, step: 10, value: bandwidth, "aria-label": t("核半径") });
  const radius = el("output", { class: "num" }, t("{n} 米", { n: bandwidth }));
  slider.addEventListener("input", () => (radius.textContent = t("{n} 米", { n: slider.value })));
  slider.addEventListener("change", () => {
    bandwidth = Number(slider.value);
    draw(map, query);
  });
  const classes = answer.classes.map(({ from_per_km2: from, colour }) => {
    const key = el("i", { class: "heat-key" });
    key.style.background = colour;
    return el("span", { class: "heat-class" }, key, el("b", { class: "num" }, `≥ ${number(from, 1)}`));
  });
  legend().replaceChildren(
    el("strong", {}, t("问题热力（{unit}）", { unit: answer.unit })),
    el("div", { class: "heat-classes" }, ...classes),
    el("p", { class: "muted num" }, t("共 {n} 件，最高 {peak} 处/km²", { n: number(answer.counted), peak: number(answer.peak_per_km2, 0) })),
    el("label", {}, t("核半径"), slider, radius),
  );
  legend().hidden = false;
}

/** Switch the layer on or off; resolves to whether it is on. */
export async function toggleHeat(map, query) {
  on = !on;
  if (on) await refreshHeat(map, query);
  else {
    remove(map);
    legend().hidden = true;
  }
  return on;
}

export async function refreshHeat(map, query) {
  if (!on) return;
  try {
    await draw(map, query);
  } catch (error) {
    legend().hidden = false;
    legend().replaceChildren(el("p", { class: "late" }, error instanceof ApiError ? error.message : String(error)));
  }
}
