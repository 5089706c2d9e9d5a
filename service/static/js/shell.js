// On every page: menus, language, logging out, copying.
import { t } from "./page.js";

document.addEventListener("click", async (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) await copyText(copy);
  const language = event.target.closest("[data-language]");
  if (language) {
    event.preventDefault();
    document.cookie = `qingtu_lang=${language.dataset.language};path=/;max-age=31536000;samesite=lax`;
    location.reload();
  }
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

async function copyText(button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = t("已复制");
  } catch {
    // Plain http on an office network has no clipboard: mark the text instead.
    const text = document.getElementById(button.dataset.copyFrom);
    if (text) getSelection().selectAllChildren(text);
    button.textContent = t("请按 Ctrl+C");
  }
  setTimeout(() => (button.textContent = before), 1600);
}
