// What the page of people shows: who is missing, the list, who answers for what.
import { el, number, page, t } from "./page.js";

const roleName = Object.fromEntries(page.roles.map((role) => [role.code, role.name]));
export const zoneName = Object.fromEntries(page.zones.map((zone) => [zone.code, zone.name]));

export function renderCounts(box, duties) {
  const roles = page.roles.filter((role) => duties.by_role[role.code]).map((role) => `${role.name} ${duties.by_role[role.code]}`);
  box.textContent = `${t("在用 {n} 人", { n: number(duties.users) })}${roles.length ? `：${roles.join("、")}` : ""}`;
}

export function renderGaps(box, duties) {
  const gaps = duties.gaps;
  const under = (one) => (one.under ? `${zoneName[one.under] ?? one.under} · ${one.name}` : one.name);
  const groups = [
    [t("没有网格员的网格"), gaps.grids_without.map(under)], [t("没有工作人员的社区"), gaps.communities_without_officer.map(under)], [t("没有分包领导的社区"), gaps.communities_without_leader.map(under)],
    [t("没有工作人员的指挥部"), gaps.commands_without_officer.map(under)], [t("没有业务分管领导的指挥部"), gaps.commands_without_leader.map(under)],
    [t("没有核查员：案件没有人核查结案"), gaps.no_verifier ? [roleName.verifier] : []],
    [t("核查员在处置单位里（自己不能核查自己）"), gaps.own_verifiers.map((one) => `${one.name}（${one.about}）`)],
    [t("负责的社区、网格已不存在"), gaps.lost.map((one) => `${one.name}（${one.about}）`)],
    [t("没有写负责的社区、网格、指挥部或单位"), gaps.without_duty.map((one) => `${one.name}（${roleName[one.about] ?? one.about}）`)],
  ].filter(([, names]) => names.length);
  if (!groups.length) return box.replaceChildren(el("p", { class: "notice good" }, t("每个网格、社区、指挥部都有人，也有核查员。")));
  box.replaceChildren(el("ul", { class: "gaps" }, ...groups.map(([title, names]) => el("li", {}, el("details", { open: names.length <= 12 }, el("summary", {}, el("span", { class: "badge late num" }, String(names.length)), title), el("p", { class: "small" }, names.join("、")))))));
}

const duty = (person) => [...person.zones.map((zone) => zone.name || `${zone.code}${t("（已不存在）")}`), person.command_name].filter(Boolean).join("、");

/** People who fit what is searched; zones are found by name too, which the server does not know. */
export function chosen(people, { role, status, words }) {
  const wanted = words.trim().toLowerCase();
  return people.filter((one) => (!role || one.role === role) && (status === "all" || one.active === (status === "active"))
    && (!wanted || [one.display_name, one.name, one.unit, duty(one), one.phone].some((text) => text.toLowerCase().includes(wanted))));
}

export function renderPeople(body, people, act) {
  const width = page.may_edit ? 7 : 5;
  if (!people.length) return body.replaceChildren(el("tr", {}, el("td", { colspan: String(width) }, el("div", { class: "empty" }, t("没有这样的人")))));
  const order = Object.fromEntries(page.roles.map((role, at) => [role.code, at]));
  const sorted = [...people].sort((a, b) => order[a.role] - order[b.role] || a.display_name.localeCompare(b.display_name, "zh-CN"));
  body.replaceChildren(...sorted.map((one) => el("tr", { class: one.active ? "" : "off", "data-person": String(one.id) },
    el("td", {}, el("b", {}, one.display_name), one.display_name === one.name ? "" : el("div", { class: "sub" }, `${t("登录名")} ${one.name}`)),
    el("td", {}, one.role_words), el("td", { class: "wide" }, duty(one)), el("td", {}, one.unit), el("td", { class: "num nowrap" }, one.phone),
    page.may_edit ? el("td", { class: "small" }, ...marks(one)) : null,
    page.may_edit ? el("td", { class: "nowrap" }, el("button", { class: "button quiet", type: "button", "aria-label": `${t("修改")} ${one.display_name}`, onclick: () => act(one) }, t("修改"))) : null)));
}

function marks(one) {
  const found = [];
  if (!one.active) found.push(el("span", { class: "badge" }, t("已停用")));
  if (one.locked) found.push(el("span", { class: "badge late" }, t("锁定中")));
  if (one.active && one.must_change) found.push(el("span", { class: "badge warn" }, t("初始密码")));
  if (one.active && !one.last_login_at) found.push(el("span", { class: "badge" }, t("未登录过")));
  if (one.tokens) found.push(el("span", { class: "badge" }, t("令牌 {n}", { n: one.tokens })));
  return found;
}

const names = (holders) => (holders.length ? holders.map((one) => one.name).join("、") : el("span", { class: "badge late" }, t("缺人")));

export function renderDuties(zoneBody, commandBody, duties, setLeader) {
  const grids = duties.zones.filter((zone) => zone.level === "grid");
  zoneBody.replaceChildren(...duties.zones.filter((zone) => zone.level === "community").map((zone) => el("tr", { "data-community": zone.code },
    el("td", {}, el("b", {}, zone.name), el("div", { class: "sub num" }, zone.code)),
    el("td", { "data-label": t("分包领导") }, zone.leader || (zone.leaders.length ? "" : el("span", { class: "badge late" }, t("缺人"))), zone.leaders.length ? el("div", { class: "sub" }, `${t("账号")} ${zone.leaders.map((one) => one.name).join("、")}`) : "",
      page.may_edit ? el("button", { class: "button quiet", type: "button", "aria-label": `${t("改分包领导")} ${zone.name}`, onclick: () => setLeader(zone) }, t("改")) : ""),
    el("td", { "data-label": t("社区工作人员") }, names(zone.staff)),
    el("td", { class: "wide" }, el("ul", { class: "grid-list" }, ...grids.filter((grid) => grid.parent === zone.code).map((grid) => el("li", {}, `${grid.name} `, names(grid.staff))))))));
  commandBody.replaceChildren(...duties.commands.map((one) => el("tr", { "data-command": one.code }, el("td", {}, el("b", {}, one.name)), el("td", { "data-label": t("业务分管领导") }, names(one.leaders)), el("td", { "data-label": t("工作人员") }, names(one.staff)))));
}
