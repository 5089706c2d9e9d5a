// The forms of the page of roads: a new or corrected entry, and what can be done with a picked one.
import { el, t } from "./page.js";

const field = (words, input) => el("label", { class: "field" }, el("span", {}, words), input);
const several = (text) => text.split(/[、,，;；]/).map((name) => name.trim()).filter(Boolean);
const LINES = ["road", "water", "rail"];

const TITLES = () => ({ road: t("道路"), water: t("河渠"), rail: t("铁路"), place: t("地点"), post: t("里程桩") });

/** The form of a line, place or post that is being drawn; with `entry` it corrects that one. */
export function entryForm({ kind, entry, classes, names, geometry, save, close, refuse }) {
  const isLine = LINES.includes(kind);
  const name = el("input", { class: "input", maxlength: 60, autocomplete: "off", value: entry?.properties.name ?? "", list: kind === "post" ? "line-names" : false, required: true });
  const others = el("input", { class: "input", maxlength: 200, autocomplete: "off" });
  const chainage = el("input", { class: "input", maxlength: 20, placeholder: "K645+300", required: true });
  const width = el("input", { class: "input", type: "number", min: 1, max: 300, inputmode: "numeric" });
  const own = isLine
    ? el("select", {}, ...LINES.map((one) => el("option", { value: one, selected: one === kind }, TITLES()[one])))
    : el("select", {}, ...Object.entries(classes).map(([code, words]) => el("option", { value: code, selected: code === entry?.properties.category }, words)));
  const form = el("form", { "data-tool": kind },
    el("h2", {}, entry ? t("改“{name}”", { name: entry.properties.name || t("（无名）") }) : t("新的{what}", { what: TITLES()[kind] })),
    field(kind === "post" ? t("在哪条线上") : t("名称"), name),
    kind === "post" ? el("datalist", { id: "line-names" }, ...names.map((one) => el("option", { value: one }))) : null,
    kind === "post" ? field(t("桩号"), chainage) : field(t("类别"), own),
    kind === "post" ? null : field(t("别名、旧名（用顿号分开）"), others),
    isLine ? field(t("宽度（米，可不填）"), width) : null,
    el("div", { class: "actions" }, el("button", { class: "button primary" }, t("存为草稿")), el("button", { class: "button", type: "button", onclick: close }, t("取消"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const drawn = geometry();
    if (!drawn) return refuse(isLine ? t("请先在地图上点出这条线（至少两点）") : t("请先在地图上点一个位置"));
    const body = { kind: isLine ? "line" : kind, name: name.value.trim(), geometry: drawn, replaces: entry ? [entry.properties.key] : [] };
    if (kind === "post") body.chainage = chainage.value.trim();
    else Object.assign(body, { entry_class: own.value, other_names: several(others.value) });
    if (isLine && width.value) body.width_m = Number(width.value);
    return save(body);
  });
  return form;
}

/** What can be done with an entry that was picked on the map or in the list. */
export function pickedForm({ entry, same, mayEdit, actions }) {
  const { name, class: own, key, category } = entry.properties;
  const isLine = LINES.includes(own);
  const input = el("input", { class: "input", maxlength: 60, value: name, autocomplete: "off" });
  const alias = el("input", { class: "input", maxlength: 60, autocomplete: "off" });
  const whole = el("input", { type: "checkbox", checked: true });
  const keys = () => (whole.checked ? same.map((one) => one.properties.key) : [key]);
  const title = el("h2", {}, name || t("（无名）"));
  const facts = el("p", { class: "small muted" }, [TITLES()[own], own === "post" ? `${category} m` : "", same.length > 1 ? t("同名的共 {n} 段", { n: same.length }) : ""].filter(Boolean).join(" · "));
  const closing = el("button", { class: "button", type: "button", onclick: actions.close }, t("关闭"));
  if (!mayEdit) return el("form", {}, title, facts, closing);
  const form = el("form", {}, title, facts,
    same.length > 1 ? el("label", { class: "remember" }, whole, el("span", {}, t("改名、隐藏时同名的一并"))) : null,
    own === "post" ? null : field(t("改名为"), input),
    el("div", { class: "actions" },
      own === "post" ? null : el("button", { class: "button", type: "button", onclick: () => input.value.trim() && input.value.trim() !== name && actions.save({ kind: "rename", name: input.value.trim(), replaces: keys(), other_names: isLine || !name ? [] : [name] }) }, t("改名")),
      entry.geometry.type === "MultiLineString" ? null : el("button", { class: "button", type: "button", onclick: actions.reshape }, isLine ? t("改走向") : t("改位置")),
      el("button", { class: "button", type: "button", onclick: () => actions.save({ kind: "hide", replaces: keys() }) }, t("隐藏"))),
    name && own !== "post" ? field(t("加一个别名、旧名"), alias) : null,
    el("div", { class: "actions" },
      name && own !== "post" ? el("button", { class: "button", type: "button", onclick: () => alias.value.trim() && actions.save({ kind: "alias", name: alias.value.trim(), other_names: [name] }) }, t("加别名")) : null, closing));
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}
