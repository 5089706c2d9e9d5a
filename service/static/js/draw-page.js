// Drawing borders: ties map, hand, list, pictures and keys together.
import { ApiError } from "./api.js";
import { createMap } from "./map.js";
import { el, t } from "./page.js";
import { act, load, patch, redo, sign, store, undo, when } from "./draw-store.js";
import { addDrawing, drawZones, showLevel, showOld } from "./draw-layers.js";
import { back, blocksReady, cancel, choose, finish, hand, hint, typing, watchHand } from "./draw-tools.js";
import { chooseNth, watchPanel } from "./draw-panel.js";
import { askName, askSign } from "./draw-dialogs.js";
import { watchPictures } from "./draw-picture.js";

const $ = (id) => document.getElementById(id);
const map = createMap("map", { padding: 20 });
const ready = new Promise((resolve) => map.once("load", resolve));
let quiet = null;

function say(words, ...buttons) {
  clearTimeout(quiet);
  const box = $("notice");
  const close = el("button", { class: "button", type: "button", onclick: () => (box.hidden = true) }, t("知道了"));
  box.replaceChildren(words, el("div", { class: "actions" }, ...buttons, close));
  box.hidden = false;
  if (!buttons.length) quiet = setTimeout(() => (box.hidden = true), 8000);
}

function watchStore() {
  when("drawn", () => {
    drawZones(map);
    $("notice").hidden = true;
    for (const [id, step] of [["undo", store.undo], ["redo", store.redo]]) {
      $(id).disabled = !step || !store.editable;
      $(id).title = step ? `${step.words}（${step.actor}）` : "";
    }
    $("sign").disabled = !store.editable || !store.zones.some((zone) => zone.level === "community" && zone.area_m2 > 0);
    $("outline").disabled = !store.editable;
  });
  when("waiting", () => {
    $("saved").textContent = store.waiting ? t("正在保存…") : store.savedAt ? t("已保存 {time}", { time: store.savedAt.toLocaleTimeString("zh-CN") }) : "";
  });
  when("refused", ({ error }) => say(error instanceof ApiError ? error.message : String(error)));
  when("say", (words) => say(words));
  when("offline", (on) => { if (on) say(t("连不上服务：这一步还没有保存，正在重试。请不要关页面。")); });
  when("conflict", ({ words, action }) => {
    const again = action && el("button", { class: "button primary", type: "button", onclick: () => { $("notice").hidden = true; act(action); } }, t("在新图上再做我的这一步"));
    say(words, ...(again ? [again] : []));
  });
}

function watchButtons() {
  for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));
  $("undo").addEventListener("click", () => undo());
  $("redo").addEventListener("click", () => redo());
  $("old-borders").addEventListener("change", (event) => showOld(map, event.target.checked));
  $("outline").addEventListener("click", () => act({ act: "outline" }));
  $("rename").addEventListener("click", () => askName($("drawing-name").textContent, async (name) => {
    await patch({ name });
    $("drawing-name").textContent = name;
  }));
  $("frame").addEventListener("click", async () => {
    const view = map.getBounds();
    try {
      await patch({ frame: [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()] });
      say(t("工作范围已改为这个视野"));
    } catch (error) {
      say(error.message);
    }
  });
  $("sign").addEventListener("click", () => askSign(async (body) => {
    const done = await sign(body);
    location.assign(done.in_force ? "/borders" : `/borders/${done.change_id}`);
    return false;
  }));
}

const PAN_PX = 90;
const ARROWS = { ArrowLeft: [-PAN_PX, 0], ArrowRight: [PAN_PX, 0], ArrowUp: [0, -PAN_PX], ArrowDown: [0, PAN_PX] };

function pressed(event) {
  if (typing(event)) return;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const key = event.key.toLowerCase();
  const winds = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (ARROWS[event.key] && plain) map.panBy(ARROWS[event.key], { duration: 120 });
  else if (plain && /^[1-9]$/.test(key)) chooseNth(Number(key));
  else if (key === "z" && (plain || winds)) event.shiftKey ? redo() : undo();
  else if (key === "y" && (plain || winds)) redo();
  else if (event.key === "Escape") { if (!cancel()) choose("look"); }
  // A focused button is pressed by Enter; only elsewhere does it end the line.
  else if (event.key === "Enter" && !event.target.closest?.("button, a, summary")) finish();
  else if (event.key === "Backspace") back();
  else if (plain && (key === "+" || key === "=")) map.zoomIn();
  else if (plain && key === "-") map.zoomOut();
  else return;
  event.preventDefault();
}

async function start() {
  watchStore();
  await ready;
  addDrawing(map);
  watchHand(map);
  watchPanel(map);
  watchPictures(map);
  watchButtons();
  addEventListener("keydown", pressed);
  try {
    await load();
  } catch (error) {
    return say(error instanceof ApiError ? error.message : String(error));
  }
  showLevel(map, hand.level);
  choose(store.editable ? "give" : "look");
  hint();
  await blocksReady();
  $("saved").textContent = "";
  window.qingtuMap = map;
  window.qingtuDrawing = store;
  map.once("idle", () => (document.documentElement.dataset.mapReadyMs = String(Math.round(performance.now()))));
  map.triggerRepaint();
}

start();
