// Slips with first passwords, to print and cut: shown once, kept nowhere. Leaving the page asks first.
import { el, page, t } from "./page.js";

let unprinted = false;
addEventListener("beforeunload", (event) => { if (unprinted) event.preventDefault(); });
addEventListener("afterprint", () => { if (!document.getElementById("slips").hidden) unprinted = false; });

/** Show the slips; `then` runs when they are put away. */
export function showSlips(slips, then = () => {}) {
  const box = document.getElementById("slips");
  const done = () => {
    unprinted = false;
    box.hidden = true;
    box.replaceChildren();
    document.body.classList.remove("with-slips");
    then();
  };
  unprinted = true;
  document.body.classList.add("with-slips");
  box.replaceChildren(
    el("header", { class: "slips-head" }, el("b", {}, t("{n} 张首次登录条", { n: slips.length })), el("span", { class: "muted" }, t("密码只在这里显示这一次，关掉后只能重设。")), el("span", { class: "grow" }),
      el("button", { class: "button primary", type: "button", id: "print-slips", onclick: () => print() }, t("打印")), el("button", { class: "button", type: "button", id: "close-slips", onclick: done }, t("已发出，收起"))),
    el("div", { class: "slips-sheet" }, ...slips.map(slip)));
  box.hidden = false;
  box.querySelector("#print-slips").focus();
}

function slip(one) {
  return el("article", { class: "slip" }, el("h3", {}, page.office, " · ", t("清图")),
    el("dl", {}, ...line(t("姓名"), one.display_name), ...line(t("网址"), location.origin), ...line(t("登录名"), one.name), ...line(t("初始密码"), el("code", {}, one.password))),
    el("p", {}, t("登记了手机号的，也可用手机号登录。首次登录须改成自己的密码；请勿转发本条。")));
}

const line = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
