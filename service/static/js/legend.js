// The legend: drawn by the same code as the map.
import { el, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

export function fillLegend(box) {
  const commands = page.style.commands.map((command) =>
    el("span", { title: command.name }, symbolElement({ command: command.code }), t(command.short)));
  const states = page.states.map(({ code, name }) => el("span", {}, symbolElement({ state: code }), name));
  const late = el("span", {}, symbolElement({ command: "", state: "", late: true }), t("超期"));
  box.replaceChildren(el("h3", {}, t("指挥部")), ...commands, el("h3", {}, t("状态")), ...states, late);
}
