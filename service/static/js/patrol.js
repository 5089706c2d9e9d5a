// A round: numbered stops on the map, marks of arrival kept on this phone, steps sent to the server.
import { ApiError, request } from "./api.js";
import { badgeMarker, boundsOf, createMap } from "./map.js";
import { page, t } from "./page.js";

document.getElementById("grid")?.addEventListener("change", (event) => event.target.form.submit());

document.getElementById("from-here")?.addEventListener("click", (event) => {
  const query = new URLSearchParams({ grid: page.grid });
  if (event.target.getAttribute("aria-pressed") === "true") return location.assign(`/patrol?${query}`);
  event.target.textContent = t("正在取位置…");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      query.set("lon", coords.longitude.toFixed(6));
      query.set("lat", coords.latitude.toFixed(6));
      location.assign(`/patrol?${query}`);
    },
    () => (event.target.textContent = t("取不到位置")),
    { enableHighAccuracy: true, timeout: 10000 },
  );
});

if (page.border) showMap();

function showMap() {
  const [[west, south], [east, north]] = boundsOf([page.border]).toArray();
  const map = createMap("map", { bounds: [west, south, east, north], padding: 24 });
  const markers = page.stops.map((stop, index) => {
    const marker = badgeMarker(String(index + 1), [stop.lon, stop.lat], { className: `stop-marker ${stop.late ? "late" : ""}`, onClick: () => go(index) });
    return marker.addTo(map);
  });
  if (page.start) badgeMarker("", page.start, { className: "here" }).addTo(map);

  map.once("load", () => {
    map.addSource("grid", { type: "geojson", data: page.border });
    map.addLayer({ id: "grid-fill", type: "fill", source: "grid", paint: { "fill-color": page.style.chosen, "fill-opacity": 0.05 } }, "zone-grid");
    map.addLayer({ id: "grid-line", type: "line", source: "grid", paint: { "line-color": page.style.zones.subdistrict.colour, "line-width": 3 } });
    const path = [...(page.start ? [page.start] : []), ...page.stops.map((stop) => [stop.lon, stop.lat])];
    map.addSource("round", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: path } } });
    if (path.length > 1) {
      map.addLayer({ id: "round", type: "line", source: "round", paint: { "line-color": page.style.cluster, "line-width": 2.5, "line-dasharray": [2, 1.5] } });
    }
    document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()));
  });

  function go(index) {
    markers.forEach((marker, other) => marker.getElement().classList.toggle("active", other === index));
    map.easeTo({ center: [page.stops[index].lon, page.stops[index].lat], zoom: Math.max(16, map.getZoom()), duration: 400 });
    document.getElementById(`stop-${index + 1}`)?.scrollIntoView({ behavior: "smooth", block: "start" });
  }
  for (const button of document.querySelectorAll("[data-fly]")) button.addEventListener("click", () => go(Number(button.dataset.fly)));
  window.qingtuMap = map;
}

/** Arrival times of this phone, case id -> "10:32"; a full or blocked store is no reason to fail. */
const arrivals = {
  read: () => JSON.parse(localStorage.getItem("qingtu-arrivals") ?? "{}"),
  write(all) {
    try {
      localStorage.setItem("qingtu-arrivals", JSON.stringify(all));
    } catch {
      /* the mark then lasts until the page is left */
    }
  },
};

function markArrived(stop, at) {
  const button = stop.querySelector("[data-arrived]");
  button.setAttribute("aria-pressed", String(Boolean(at)));
  button.textContent = at ? t("到场 {at}", { at }) : t("已到现场");
  stop.classList.toggle("at", Boolean(at));
}

async function rectify(stop, button) {
  const problem = stop.querySelector("[role=alert]");
  const at = arrivals.read()[stop.dataset.case];
  problem.hidden = true;
  button.disabled = true;
  try {
    await request(`/api/cases/${stop.dataset.case}/advance`, {
      method: "POST", body: { state: "rectified", note: at ? t("{at} 到场", { at }) : "" }, headers: { "if-match": `"${button.dataset.version}"` },
    });
    stop.classList.remove("at");
    stop.classList.add("done");
    button.textContent = t("已提交核查");
  } catch (error) {
    problem.textContent = error instanceof ApiError ? error.message : String(error);
    problem.hidden = false;
    button.disabled = false;
  }
}

for (const stop of document.querySelectorAll(".stop")) {
  markArrived(stop, arrivals.read()[stop.dataset.case]);
  stop.addEventListener("click", (event) => {
    if (event.target.closest("[data-arrived]")) {
      const all = arrivals.read();
      const id = stop.dataset.case;
      if (all[id]) delete all[id];
      else all[id] = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
      arrivals.write(all);
      markArrived(stop, all[id]);
    }
    const done = event.target.closest("[data-rectify]");
    if (done) rectify(stop, done);
  });
}
