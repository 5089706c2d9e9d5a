/* Finds rows by name, address, description or row number, also those that are not on the map. */
(function (Q) {
  const MOST = 40;
  const SEARCHED = ["name", "text", "description", "kind_name", "unit", "community_name"];
  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

  const buildIndex = () => {
    const placed = Array.from({ length: Q.page.rows.count }, (_, row) => ({
      row,
      line: Q.value(row, "line"),
      text: fold(SEARCHED.map((name) => Q.value(row, name) || "").join("\n")),
    }));
    const missing = Q.page.unplaced.map((item, at) => ({ missing: at, line: item.line, text: fold(`${item.name}\n${item.text}`) }));
    return [...placed, ...missing];
  };

  const search = (index, query) => {
    const words = fold(query).split(" ").filter(Boolean);
    if (!words.length) return [];
    const number = /^第?\s*(\d+)\s*行?$/.exec(fold(query));
    const byLine = number ? index.filter((item) => item.line === Number(number[1])) : [];
    const byText = index.filter((item) => words.every((word) => item.text.includes(word)));
    return [...new Set([...byLine, ...byText])];
  };

  const placedItem = (row) => [
    Q.symbol(Q.group(row), { uncertain: Q.value(row, "status") === "ambiguous" }),
    Q.element("span", "", [Q.element("b", "", Q.title(row)), Q.element("small", "", `${Q.source(row)}　${Q.value(row, "text") || ""}`)]),
  ];
  const missingItem = (at) => {
    const item = Q.page.unplaced[at];
    const words = `${Q.sourceWords(item.sheet, item.line)}　${Q.word(item.status === "refused" ? "refused" : "not_found")}`;
    return [Q.element("i", "q-none", "—"), Q.element("span", "", [Q.element("b", "", item.name || item.text), Q.element("small", "", words)])];
  };

  /** Fills the search box; `show(row)` and `showMissing(number)` open what was chosen. */
  Q.searchBox = (show, showMissing) => {
    const input = document.getElementById("q-search");
    const results = document.getElementById("q-results");
    let index = null;
    let timer = null;
    const close = () => {
      results.hidden = true;
    };
    const update = () => {
      index = index || buildIndex();
      const found = search(index, input.value);
      results.replaceChildren();
      results.hidden = !input.value.trim();
      for (const item of found.slice(0, MOST)) {
        const choose = () => {
          close();
          if (item.row != null) show(item.row);
          else showMissing(item.missing);
        };
        results.append(Q.button("q-result", item.row != null ? placedItem(item.row) : missingItem(item.missing), choose));
      }
      const words = found.length ? Q.word("found_n").replace("{n}", Q.count(found.length)) : Q.word("found_none");
      results.append(Q.element("p", "q-found", found.length > MOST ? `${words}，${Q.word("first_n").replace("{n}", MOST)}` : words));
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(update, 120);
    });
    input.addEventListener("focus", () => input.value.trim() && update());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter") {
        clearTimeout(timer);
        update();
        results.querySelector("button")?.click();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".q-search")) close();
    });
  };
})(Qingtu);
