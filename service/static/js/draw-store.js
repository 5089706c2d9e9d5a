// What is drawn, as the server last said, and the actions on their way: one after the other, none lost.
import { ApiError, request } from "./api.js";
import { page, t } from "./page.js";

const base = `/api/drawings/${page.drawing.id}`;
const RETRY_MS = 3000;

export const store = {
  version: 0, zones: [], shapes: new Map(), findings: [], undo: null, redo: null, blocks: "", pictures: [], detail: null,
  editable: false, waiting: 0, savedAt: null,
  placing: null, // a spot on a picture whose place on the map is asked for: the next click is its answer
};
const listeners = new Map();

/** Call `work` whenever `name` happens: drawn, waiting, conflict, refused, pictures. */
export function when(name, work) {
  listeners.set(name, [...(listeners.get(name) ?? []), work]);
}

export function tell(name, value) {
  for (const work of listeners.get(name) ?? []) work(value);
}

const keyOf = ({ level, code }) => `${level}/${code}`;
export const shapeOf = (level, code) => store.shapes.get(keyOf({ level, code }));
export const zoneOf = (level, code) => store.zones.find((zone) => zone.level === level && zone.code === code);
export const zonesOf = (level) => store.zones.filter((zone) => zone.level === level);

function take(answer, { whole = false } = {}) {
  if (whole) store.shapes.clear();
  for (const key of answer.removed) store.shapes.delete(keyOf(key));
  for (const feature of answer.changed) store.shapes.set(keyOf(feature.properties), feature);
  const before = store.blocks;
  Object.assign(store, {
    version: answer.version, zones: answer.zones, findings: answer.findings, undo: answer.undo, redo: answer.redo,
    blocks: answer.blocks, savedAt: new Date(),
  });
  tell("drawn", { blocks: before !== answer.blocks, whole });
}

// Asked for at once, while the map is still being made.
const first = { detail: request(base) };
first.detail.catch(() => undefined);

/** Read the whole drawing from the server. */
export async function load() {
  const detail = await (first.detail ?? request(base));
  first.detail = null;
  store.detail = detail;
  store.editable = detail.editable;
  store.pictures = detail.pictures;
  take(detail.now, { whole: true });
  tell("pictures");
  return detail;
}

let line = Promise.resolve();

function queue(work) {
  store.waiting += 1;
  tell("waiting");
  const done = line.then(work).finally(() => {
    store.waiting -= 1;
    tell("waiting");
  });
  line = done.catch(() => undefined);
  return done;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Send until the server answers: a lost connection loses nothing, the key keeps it from being done twice. */
async function insist(url, body, key) {
  for (;;) {
    const headers = { "if-match": `"${store.version}"`, ...(key ? { "idempotency-key": key } : {}) };
    try {
      return await request(url, { method: "POST", body, headers });
    } catch (error) {
      const lost = error instanceof ApiError && (error.status === 0 || error.status === 503);
      if (!lost) throw error;
      tell("offline", true);
      await pause(RETRY_MS);
    }
  }
}

async function send(url, body, { key = null, action = null } = {}) {
  try {
    const answer = await insist(url, body, key);
    tell("offline", false);
    take(answer);
    return answer;
  } catch (error) {
    tell("offline", false);
    if (error.status === 412 || error.status === 409) {
      // Somebody else's work is shown first; ours is offered again.
      await load();
      tell("conflict", { words: error.message, action });
    } else tell("refused", { error, action });
    return null;
  }
}

// On plain http an office network has no crypto.randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Do one action; null when it was refused (the page then says why). */
export const act = (action) => queue(() => send(`${base}/steps`, action, { key: uuid(), action }));
export const undo = (count = 1) => queue(() => send(`${base}/undo`, { count }));
export const redo = (count = 1) => queue(() => send(`${base}/redo`, { count }));
export const steps = () => request(`${base}/steps`);

export function blocksIn([west, south, east, north], signal) {
  return request(`${base}/blocks?${new URLSearchParams({ west, south, east, north })}`, { signal });
}

export async function patch(facts) {
  const detail = await request(base, { method: "PATCH", body: facts, headers: { "if-match": `"${store.version}"` } });
  store.detail = detail;
  take(detail.now, { whole: true });
  return detail;
}

export const sign = (body) => request(`${base}/sign`, { method: "POST", body, headers: { "if-match": `"${store.version}"` } });

export const pictureUrl = (id, rest = "") => `${base}/pictures/${id}${rest}`;

export async function addPicture(file) {
  const body = new FormData();
  body.append("file", file);
  const made = await request(`${base}/pictures`, { method: "POST", body, headers: { "idempotency-key": uuid() } });
  store.pictures = [...store.pictures.filter((one) => one.id !== made.id), made];
  tell("pictures");
  return made;
}

export async function placePicture(picture, facts) {
  const placed = await request(pictureUrl(picture.id), { method: "PUT", body: facts, headers: { "if-match": `"${picture.version}"` } });
  store.pictures = store.pictures.map((one) => (one.id === placed.id ? placed : one));
  tell("pictures");
  return placed;
}

export async function dropPicture(picture) {
  await request(pictureUrl(picture.id), { method: "DELETE" });
  store.pictures = store.pictures.filter((one) => one.id !== picture.id);
  tell("pictures");
}

addEventListener("beforeunload", (event) => {
  if (store.waiting) event.preventDefault();
});

export function area(m2) {
  return m2 >= 1000
    ? `${(m2 / 1e4).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${t("公顷")}`
    : `${m2.toLocaleString("zh-CN", { maximumFractionDigits: 1 })} m²`;
}
