// What the page of undecided kinds shows: the queue, one text, what it may be, and a search of all kinds.
import { el, number, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

export function renderKindQueue(list, state, show) {
  const rows = state.items.map((item, index) =>
    el("li", {}, el("button", { type: "button", class: "waiting", "data-case": item.id, "aria-current": index === state.at ? "true" : false, onclick: () => show(index) },
      symbolElement({ command: item.suggestions[0]?.sure === "likely" ? item.suggestions[0].command : "" }),
      el("b", {}, item.description || item.location_text || t("没有问题描述")),
      el("small", {}, [item.kind_sure === "likely" ? t("可能是{kind}", { kind: item.suggestions[0]?.kind_name ?? item.kind }) : t("没有提示"), item.location_text, item.same_text > 1 && item.description ? t("同样文字 {n} 件", { n: item.same_text }) : ""].filter(Boolean).join(" · ")))));
  list.replaceChildren(...rows);
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

export function renderKindDecision(box, item, { picked, toggle }) {
  if (!item) {
    box.replaceChildren(el("div", { class: "empty" }, el("strong", {}, t("类别都定好了")),
      t("没有等待选类别的案件。新导入的清单里认不出类别的会出现在这里。"), el("br"), el("a", { class: "button", href: "/" }, t("回到地图"))));
    return;
  }
  const marked = markWord(item);
  box.replaceChildren(
    el("p", { class: "small muted" }, t("问题描述")),
    el("p", { class: "quote", id: "text" }, ...marked),
    el("p", { class: "facts-line" }, ...[[t("位置"), item.location_text], [t("名称"), item.place_name], [t("场所类别"), item.place_class], [t("责任单位"), item.unit], [t("社区"), item.community_name]]
      .filter(([, value]) => value).map(([name, value]) => el("span", {}, `${name}：${value}`)), el("a", { href: `/cases/${item.id}` }, t("第 {n} 号", { n: item.number }))),
    el("h2", {}, item.suggestions.length ? t("可能是哪一类（可选几类，第一类为主）") : t("没有提示")),
    ...item.suggestions.slice(0, 9).map((kind, index) => option(kind, index, picked, toggle)),
    el("h2", {}, t("别的类别")),
    search(picked, toggle, item),
    el("div", { id: "found" }),
  );
  box.scrollTop = 0;
}

function markWord(item) {
  const text = item.description || t("没有问题描述");
  const word = item.suggestions.find((kind) => kind.word && text.includes(kind.word))?.word;
  if (!word) return [text];
  const at = text.indexOf(word);
  return [text.slice(0, at), el("mark", {}, word), text.slice(at + word.length)];
}

function option(kind, index, picked, toggle) {
  const order = picked.indexOf(kind.kind);
  return el("button", { type: "button", class: "choice", "data-kind": kind.kind, "aria-pressed": String(order >= 0), onclick: () => toggle(kind.kind) },
    el("span", { class: "letter" }, index === null ? "+" : String(index + 1)),
    el("span", {}, kind.kind_name, order >= 0 && picked.length > 1 ? el("span", { class: "order" }, order ? t("第 {n} 件", { n: order + 1 }) : t("主")) : "", el("small", {}, kind.reason)),
    el("span", { class: "command" }, symbolElement({ command: kind.command }), kind.command_name || ""));
}

function search(picked, toggle, item) {
  const input = el("input", { class: "input kind-search", type: "search", id: "kind-search", maxlength: "40", placeholder: t("类别名称或代码"), "aria-label": t("类别名称或代码") });
  const suggested = new Set(item.suggestions.map((kind) => kind.kind));
  const draw = () => {
    const words = input.value.trim().toLowerCase();
    const extra = picked.filter((code) => !suggested.has(code));
    const found = words ? page.kinds.filter((kind) => `${kind.code} ${kind.name}`.toLowerCase().includes(words)).slice(0, 12) : page.kinds.filter((kind) => extra.includes(kind.code));
    document.getElementById("found")?.replaceChildren(...found.map((kind) => option({ kind: kind.code, kind_name: kind.name, command: kind.command, command_name: commandName(kind.command), reason: kind.code }, null, picked, toggle)),
      words && !found.length ? el("p", { class: "muted small" }, t("没有这样的类别")) : "");
  };
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") input.blur();
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    document.querySelector("#found .choice")?.click();
  });
  queueMicrotask(draw);
  return input;
}

export function commandName(code) {
  return page.commands.find((command) => command.code === code)?.short ?? code;
}

export function pickedWords(picked, none) {
  if (none) return t("不归我们管：不归任何指挥部");
  if (!picked.length) return t("选一类或几类，或“不归我们管”。");
  const names = picked.map((code) => page.kinds.find((kind) => kind.code === code)).map((kind) => `${kind.name}（${commandName(kind.command)}）`);
  return picked.length > 1 ? t("已选 {kinds}，分 {n} 件", { kinds: names.join("、"), n: number(picked.length) }) : t("已选 {kinds}", { kinds: names[0] });
}
