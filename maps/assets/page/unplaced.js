/* The rows that are not on the map: counted, listed, copied, downloaded. */
(function (Q) {
  const rows = Q.page.unplaced;
  const PAGE = 200;
  const COLUMNS = ["sheet", "line", "name", "text", "outcome", "reason"];
  const outcome = (row) => Q.page.style.placements[row.status].word;
  const record = (row) => [row.sheet, row.line ?? "", row.name, row.text, outcome(row), row.reason];

  // A cell that begins like a formula would run when the file is opened in a spreadsheet.
  const neutral = (cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
  const quoted = (cell) => `"${neutral(String(cell)).replaceAll('"', '""')}"`;
  const table = () => [COLUMNS.map((name) => Q.word(name)), ...rows.map(record)];
  const csv = () => "\ufeff" + table().map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
  const tsv = () => table().map((line) => line.map((cell) => neutral(String(cell)).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");

  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv;charset=utf-8" }));
    link.download = `${Q.word("unplaced_file")}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const copy = (event) => {
    const area = document.createElement("textarea");
    area.value = tsv();
    area.className = "q-offscreen";
    document.body.append(area);
    area.select();
    // A page from a USB stick is no secure context: the Clipboard API is not there.
    const done = document.execCommand("copy");
    area.remove();
    const button = event.currentTarget;
    button.textContent = Q.word(done ? "copied" : "copy_failed");
    setTimeout(() => (button.textContent = Q.word("copy")), 1600);
  };

  /** Fills the panel and returns `show(number)`, which opens it at one row. */
  Q.unplacedPanel = () => {
    const panel = document.getElementById("q-unplaced");
    const button = document.getElementById("q-unplaced-toggle");
    const body = document.getElementById("q-unplaced-body");
    if (!rows.length) {
      panel.hidden = true;
      return () => {};
    }
    const list = Q.element("tbody");
    const more = Q.button("q-more", "", () => fill(PAGE));
    let shown = 0;
    const fill = (number) => {
      for (const row of rows.slice(shown, shown + number)) {
        const mark = Q.element("span", "q-badge", outcome(row));
        mark.style.background = Q.page.style.placements[row.status].colour;
        const cells = [row.sheet, row.line ?? "", row.name, row.text, mark, row.reason];
        const line = Q.element("tr", "", cells.map((cell) => Q.element("td", "", cell)));
        [...line.children].forEach((cell, at) => (cell.dataset.name = Q.word(COLUMNS[at])));
        list.append(line);
      }
      shown = Math.min(rows.length, shown + number);
      more.hidden = shown >= rows.length;
      more.textContent = Q.word("more_n").replace("{n}", Q.count(rows.length - shown));
    };
    const head = Q.element("thead", "", Q.element("tr", "", COLUMNS.map((name) => Q.element("th", "", Q.word(name)))));
    const tools = Q.element("p", "q-tools", [Q.button("q-tool", Q.word("copy"), copy), Q.button("q-tool", Q.word("download"), download)]);
    body.append(tools, Q.element("div", "q-scroll", [Q.element("table", "", [head, list]), more]));
    const open = (wanted) => {
      panel.classList.toggle("q-open", wanted);
      button.setAttribute("aria-expanded", String(wanted));
      if (wanted && !shown) fill(PAGE);
    };
    button.addEventListener("click", () => open(!panel.classList.contains("q-open")));
    // On paper there is nothing to press: list what fits on some pages.
    window.addEventListener("beforeprint", () => fill(Math.max(0, Math.min(rows.length, 500) - shown)));
    return (number) => {
      open(true);
      if (shown <= number) fill(number + 1 - shown);
      const line = list.children[number];
      line.scrollIntoView({ block: "center" });
      line.classList.add("q-flash");
      setTimeout(() => line.classList.remove("q-flash"), 2500);
    };
  };
})(Qingtu);
