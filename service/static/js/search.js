// The search box: a place in words through our geocoder, or a pasted coordinate.
import { ApiError, newest, request } from "./api.js";
import { chanceOf, clearCandidates, fitCandidates, letterOf, showCandidates } from "./found-layers.js";
import { el, number, page, t } from "./page.js";

const PAIR = /-?\d{1,3}\.\d+\s*[°]?[NnEe北东]?\s*[,，;；\s]\s*-?\d{1,3}\.\d+/;
const latest = newest();
const box = () => document.getElementById("found");

function candidatesOf(answer) {
  const listed = (answer.trace?.candidates ?? []).filter((candidate) => candidate.geometry);
  if (listed.length) return listed;
  return answer.geometry ? [{ geometry: answer.geometry, uncertainty_m: answer.uncertainty_m, probability: 1, words: "" }] : [];
}

/** Make the search form work on a map. */
export function watchSearch(map) {
  const form = document.getElementById("search");
  const input = form.elements.q;
  const datum = form.querySelector(".datum");
  input.addEventListener("input", () => {
    datum.hidden = !PAIR.test(input.value);
    if (!input.value.trim()) clear(map);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (!words) return clear(map);
    const question = PAIR.test(words) ? `${words} ${form.elements.datum.value}` : words;
    await ask(map, question, words);
  });
}

async function ask(map, question, words) {
  box().className = "found";
  box().replaceChildren(t("正在定位…"));
  try {
    const answer = await latest((signal) => request(`/api/locate?q=${encodeURIComponent(question)}`, { signal }));
    if (answer !== undefined) show(map, answer, words);
  } catch (error) {
    box().classList.add("none");
    box().replaceChildren(error instanceof ApiError ? error.message : String(error));
  }
}

function show(map, answer, words) {
  const candidates = candidatesOf(answer);
  if (!candidates.length) {
    clearCandidates(map);
    box().classList.add("none");
    box().replaceChildren(head(t("没有找到“{words}”", { words }), map), el("p", { class: "small" }, t("换一种写法，例如“某路与某路交叉口东北角”“某路12号”，或粘贴经纬度。")));
    return;
  }
  const choose = (index) => {
    showCandidates(map, candidates, { active: index, onChoose: choose });
    fitCandidates(map, [candidates[index]]);
  };
  showCandidates(map, candidates, { active: 0, onChoose: choose });
  fitCandidates(map, answer.status === "ambiguous" ? candidates : [candidates[0]]);
  const title = answer.status === "ambiguous" ? t("可能有 {n} 处", { n: candidates.length }) : words;
  box().replaceChildren(head(title, map), about(answer), options(candidates, choose));
}

function about(answer) {
  const method = answer.method.startsWith("position:") ? t("坐标（{datum}）", { datum: answer.method.slice(9).toUpperCase() }) : page.methods[answer.method.split(":")[0]] ?? answer.method;
  const facts = [method];
  if (answer.uncertainty_m) facts.push(t("误差 ± {n} 米", { n: number(answer.uncertainty_m) }));
  facts.push(answer.community_name || t("不在本辖区内"));
  return el("p", { class: "num", "data-found": answer.status }, facts.join(" · "));
}

function options(candidates, choose) {
  if (candidates.length < 2) return "";
  const rows = candidates.map((candidate, index) =>
    el("li", {}, el("button", { type: "button", onclick: () => choose(index) },
      el("b", {}, letterOf(index)), el("span", {}, candidate.words || candidate.method), el("span", { class: "num muted" }, `${number(chanceOf(candidate) * 100)} %`))));
  return el("ul", {}, ...rows);
}

function head(title, map) {
  return el("header", {}, el("strong", {}, title), el("button", { type: "button", class: "close", "aria-label": t("清除"), onclick: () => clear(map) }, "×"));
}

function clear(map) {
  clearCandidates(map);
  box().className = "found";
  box().replaceChildren();
}
