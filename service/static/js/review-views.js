// What the review page shows of one waiting text: the words, the reason, the candidates.
import { chanceOf, letterOf } from "./found-layers.js";
import { el, number, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

/** Why a person must decide; the server counts candidates, one candidate alone was not sure enough. */
function reasonOf(item) {
  const count = (item.trace?.candidates ?? []).length;
  return item.placement === "ambiguous" && count === 1 ? t("只有一处候选，但把握不够，请确认") : item.reason;
}

export function renderQueue(list, state, show) {
  const rows = state.items.map((item, index) =>
    el("li", {}, el("button", { type: "button", class: "waiting", "data-case": item.id, "aria-current": index === state.at ? "true" : false, onclick: () => show(index) },
      symbolElement({ command: item.command }),
      el("b", {}, item.location_text || t("没有位置描述")),
      el("small", {}, `${item.kind_name} · ${reasonOf(item)}`))));
  list.replaceChildren(...rows);
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

export function renderDecision(box, item, choose) {
  if (!item) {
    box.replaceChildren(el("div", { class: "empty" }, el("strong", {}, t("都定位好了")),
      t("没有等待人工定位的问题。新导入的清单里定不了的位置会出现在这里。"), el("br"), el("a", { class: "button", href: "/" }, t("回到地图"))));
    return;
  }
  const candidates = (item.trace?.candidates ?? []).filter((candidate) => candidate.geometry);
  const steps = item.trace?.steps ?? [];
  box.replaceChildren(
    el("p", { class: "small muted" }, t("位置描述")),
    el("p", { class: "quote", id: "text" }, item.location_text || t("没有位置描述")),
    el("p", { class: "muted" }, [item.kind_name, item.area_text, item.description].filter(Boolean).join(" · ")),
    el("h2", {}, candidates.length ? t("可能是哪一处") : t("没有候选")),
    ...(candidates.length ? candidates.slice(0, 9).map((candidate, index) => option(candidate, index, chanceWords(item, candidates, candidate), choose))
      : [el("p", { class: "notice warn" }, `${item.reason}。${t("请在地图上放图钉或画线。")}`)]),
    el("h2", {}, t("为什么定不了")),
    el("p", {}, reasonOf(item)),
    steps.length ? el("ol", { class: "steps" }, ...steps.map((step) => el("li", {}, step.words))) : "",
  );
  box.scrollTop = 0;
}

/** How likely a candidate is: among several its share; alone, how sure the answer is to be near. */
function chanceWords(item, candidates, candidate) {
  const near = item.trace?.p?.["500"];
  return candidates.length === 1 && near !== undefined ? `${t("500 米内")} ${number(near * 100)} %` : `${number(chanceOf(candidate) * 100)} %`;
}

function option(candidate, index, chance, choose) {
  const method = page.methods[candidate.method?.split(":")[0]] ?? candidate.method ?? "";
  const shape = candidate.geometry.type.includes("Line") ? t("线") : candidate.geometry.type.includes("Polygon") ? t("面") : "";
  const detail = [method, shape, candidate.uncertainty_m ? `± ${number(candidate.uncertainty_m)} ${t("米")}` : ""].filter(Boolean).join(" · ");
  return el("button", { type: "button", class: "choice", "data-index": index, "aria-pressed": "false", onclick: () => choose(index) },
    el("span", { class: "letter" }, letterOf(index)),
    el("span", {}, candidate.words || method, el("small", { class: "num" }, detail)),
    el("span", { class: "chance" }, chance));
}
