// A photo or scan beneath the drawing: upload, control points on picture and map, errors in metres.
import { ApiError, request } from "./api.js";
import { el, page, t } from "./page.js";
import { addPicture, dropPicture, pictureUrl, placePicture, store, tell, when } from "./draw-store.js";
import { drawHandles } from "./draw-layers.js";
import { snap } from "./draw-snap.js";
import { confirmed } from "./draw-dialogs.js";

const panel = () => document.getElementById("picture-panel");
const dialog = document.getElementById("dialog");
const opacity = new Map();
let map = null;

export function watchPictures(on) {
  map = on;
  when("pictures", refresh);
  map.on("click", (event) => {
    if (!store.placing) return;
    const { picture, spot } = store.placing;
    // After every other listener of this click has seen that it is not theirs.
    setTimeout(() => (store.placing = null));
    addPoint(picture, spot, snap(map, event.point).at);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.placing) {
      store.placing = null;
      refresh();
    }
  });
}

const sourceOf = (picture) => `picture-${picture.id}`;

function drawPictures() {
  const wanted = new Map(store.pictures.filter((one) => one.fit).map((one) => [sourceOf(one), one]));
  for (const id of Object.keys(map.getStyle().sources)) {
    if (!id.startsWith("picture-")) continue;
    if (map.getLayer(id)) map.removeLayer(id);
    map.removeSource(id);
  }
  for (const [id, picture] of wanted) {
    const corners = picture.fit.corners;
    const bounds = corners ? [Math.min(...corners.map((c) => c[0])), Math.min(...corners.map((c) => c[1])), Math.max(...corners.map((c) => c[0])), Math.max(...corners.map((c) => c[1]))] : undefined;
    map.addSource(id, {
      type: "raster", tileSize: 256, minzoom: 9, maxzoom: 20, ...(bounds ? { bounds } : {}),
      tiles: [`${location.origin}${pictureUrl(picture.id, `/tiles/{z}/{x}/{y}.webp?v=${picture.version}`)}`],
    });
    map.addLayer({ id, type: "raster", source: id, paint: { "raster-opacity": opacity.get(picture.id) ?? 0.6, "raster-fade-duration": 0 } }, "draw-zone-fill");
  }
}

function refresh() {
  drawPictures();
  const file = el("input", { type: "file", accept: "image/png,image/jpeg", onchange: (event) => upload(event.target) });
  const add = store.editable ? el("label", { class: "field" }, el("span", {}, t("上传照片或扫描图（PNG、JPEG，至多 30 MB）；只有能画边界的人看得到，随草图删除")), file) : null;
  panel().replaceChildren(...[add, ...store.pictures.map(row)].filter(Boolean));
}

async function upload(input) {
  const [file] = input.files;
  if (!file) return;
  input.disabled = true;
  try {
    const made = await addPicture(file);
    openPicture(made.id);
  } catch (error) {
    tell("refused", { error });
    input.disabled = false;
    input.value = "";
  }
}

const metres = (value) => (value === null || value === undefined ? "—" : `${value.toFixed(2)} m`);

function row(picture) {
  const { fit } = picture;
  const slider = el("input", { type: "range", min: 0, max: 1, step: 0.05, value: opacity.get(picture.id) ?? 0.6, "aria-label": t("底图浓淡") });
  slider.addEventListener("input", () => {
    opacity.set(picture.id, Number(slider.value));
    if (map.getLayer(sourceOf(picture))) map.setPaintProperty(sourceOf(picture), "raster-opacity", Number(slider.value));
  });
  return el(
    "div", { class: "picture-row", "data-picture": picture.id },
    el(
      "header", {}, el("b", {}, picture.name),
      el("button", { class: "button", type: "button", onclick: () => openPicture(picture.id) }, t("加控制点")),
      el("button", { class: "button quiet danger", type: "button", onclick: () => remove(picture) }, t("删除")),
    ),
    fit ? el("label", {}, t("浓淡"), slider) : el("p", { class: "notice warn small" }, picture.problem),
    picture.points.length ? table(picture) : null,
    fit ? verdict(picture) : null,
    picture.points.length >= 5 ? kinds(picture) : null,
  );
}

function table(picture) {
  const { fit } = picture;
  const rows = picture.points.map((point, index) => el(
    "tr", { class: fit && !fit.exact && index === fit.worst ? "worst" : "" },
    el("td", {}, `${index + 1}`), el("td", {}, fit ? metres(fit.residual_m[index]) : "—"), el("td", {}, metres(fit?.left_out_m?.[index])),
    el("td", {}, el("button", { type: "button", "aria-label": t("看第 {n} 点", { n: index + 1 }), onclick: () => map.easeTo({ center: [point[2], point[3]], zoom: Math.max(map.getZoom(), 16) }) }, t("看"))),
    el("td", {}, el("button", { type: "button", "aria-label": t("删第 {n} 点", { n: index + 1 }), onclick: () => place(picture, picture.points.filter((_, i) => i !== index)) }, "✕")),
  ));
  return el(
    "table", { class: "picture-points" },
    el("thead", {}, el("tr", {}, el("th", {}, t("控制点")), el("th", {}, t("误差")), el("th", {}, t("去掉它时的误差")), el("th", {}), el("th", {}))),
    el("tbody", {}, ...rows),
  );
}

function verdict(picture) {
  const { fit } = picture;
  if (fit.mirrored) return el("p", { class: "late small" }, t("图是反的：有两个控制点对调了，请检查"));
  if (fit.exact) return el("p", { class: "small muted" }, t("刚好 {n} 个点，误差必然是 0，看不出对错；再加一个点来检验", { n: picture.points.length }));
  const rms = t("均方根误差 {rms}；第 {n} 点最差", { rms: metres(fit.rms_m), n: fit.worst + 1 });
  const out = fit.left_out_rms_m === null ? "" : t("；逐点检验 {rms}", { rms: metres(fit.left_out_rms_m) });
  return el("p", { class: "small" }, rms + out);
}

function kinds(picture) {
  const choice = el(
    "select", { onchange: (event) => place(picture, picture.points, event.target.value) },
    el("option", { value: "affine", selected: picture.kind === "affine" }, t("平放的扫描图（仿射）")),
    el("option", { value: "projective", selected: picture.kind === "projective" }, t("斜拍的照片（透视）")),
  );
  return el("label", { class: "field" }, el("span", {}, t("怎样放正")), choice);
}

async function place(picture, points, kind = picture.kind) {
  try {
    // Too few points for a perspective: back to what they can carry.
    await placePicture(picture, { points, kind: points.length < 5 ? "affine" : kind });
  } catch (error) {
    if (error instanceof ApiError && error.status === 412) {
      store.pictures = (await request(`/api/drawings/${page.drawing.id}`)).pictures;
      tell("pictures");
    }
    tell("refused", { error });
  }
}

async function addPoint(picture, spot, at) {
  const now = store.pictures.find((one) => one.id === picture.id);
  drawHandles(map, []);
  if (now) await place(now, [...now.points, [...spot, ...at]]);
}

async function remove(picture) {
  if (await confirmed(t("删除这张底图？"), picture.name, t("删除"))) dropPicture(picture).catch((error) => tell("refused", { error }));
}

/** Show the picture to click a spot on, then ask where that is on the map. */
export function openPicture(id) {
  const picture = store.pictures.find((one) => one.id === id);
  let zoom = Math.min(1, 900 / picture.width_px);
  let spot = null;
  const image = el("img", { src: pictureUrl(id, "/image.jpg"), alt: picture.name });
  const sheet = el("div", { class: "sheet" }, image);
  const box = el("div", { class: "picture-box", tabindex: 0 }, sheet);
  const ask = el("div", { hidden: true });
  const marks = () => [...picture.points.map((point) => [point[0], point[1]]), ...(spot ? [spot] : [])];

  function draw() {
    image.width = Math.round(picture.width_px * zoom);
    image.height = Math.round(picture.height_px * zoom);
    for (const old of sheet.querySelectorAll(".picture-mark")) old.remove();
    marks().forEach(([x, y], index) => {
      const mark = el("span", { class: "picture-mark" }, String(index + 1));
      mark.style.setProperty("left", `${x * zoom}px`);
      mark.style.setProperty("top", `${y * zoom}px`);
      sheet.append(mark);
    });
  }

  function zoomBy(factor) {
    const middle = [(box.scrollLeft + box.clientWidth / 2) / zoom, (box.scrollTop + box.clientHeight / 2) / zoom];
    zoom = Math.min(4, Math.max(0.05, zoom * factor));
    draw();
    box.scrollTo(middle[0] * zoom - box.clientWidth / 2, middle[1] * zoom - box.clientHeight / 2);
  }

  image.addEventListener("click", (event) => {
    spot = [event.offsetX / zoom, event.offsetY / zoom];
    draw();
    ask.hidden = false;
    name.focus();
  });
  const name = el("input", { class: "input", maxlength: 200, placeholder: t("路口名，如“甲路与乙路交叉口”"), "aria-label": t("路口名") });
  const found = el("p", { class: "small", role: "status" });
  async function find() {
    if (!name.value.trim()) return;
    const answer = await request(`/api/drawings/${page.drawing.id}/find?q=${encodeURIComponent(name.value.trim())}`);
    if (answer.lon === null || answer.status === "not_found") {
      found.textContent = t("没有找到；请在地图上点");
      return;
    }
    dialog.close();
    map.easeTo({ center: [answer.lon, answer.lat], zoom: 16 });
    await addPoint(picture, spot, [answer.lon, answer.lat]);
    if (answer.status === "ambiguous") tell("say", t("这个名字有几处，取了最可能的一处，请看误差"));
  }
  name.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find();
  });
  ask.append(
    el("p", {}, t("这一点在地图上是哪里？")),
    el(
      "div", { class: "actions" },
      el("button", { class: "button primary", type: "button", onclick: () => { store.placing = { picture, spot }; dialog.close(); tell("say", t("请在地图上点出同一个地方（Esc 取消）")); } }, t("在地图上点")),
      name, el("button", { class: "button", type: "button", onclick: find }, t("按路口名找")),
    ),
    found,
  );
  dialog.classList.add("wide");
  dialog.replaceChildren(
    el("h2", {}, picture.name), el("p", { class: "small muted" }, t("在图上点一个认得出的地方（路口最好），至少 3 处，尽量分散在四周")),
    el("div", { class: "actions" }, el("button", { class: "button", type: "button", onclick: () => zoomBy(1.5) }, t("放大")), el("button", { class: "button", type: "button", onclick: () => zoomBy(1 / 1.5) }, t("缩小")), el("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("关闭"))),
    box, ask,
  );
  draw();
  dialog.showModal();
}
