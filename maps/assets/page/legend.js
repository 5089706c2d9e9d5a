/* Layers and legend in one panel: what is drawn, what it means, how much of it there is. */
(function (Q) {
  const check = (label, on, onChange, mark, number) => {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = on;
    input.addEventListener("change", () => onChange(input.checked));
    const count = number == null ? null : Q.element("span", "q-number", Q.count(number));
    return Q.element("label", "q-check", [input, mark, Q.element("span", "q-label", label), count]);
  };
  const swatch = (className, colour) => {
    const made = Q.element("i", `q-swatch ${className}`);
    made.style.setProperty("--colour", colour);
    return made;
  };
  const toggle = (map, layer) => (on) => (on ? layer.addTo(map) : layer.remove());
  const number = (value) => (value >= 100 ? Q.count(Math.round(value)) : String(Number(value.toPrecision(3))));

  const rampLegend = (density) => {
    const steps = density.colours.map((colour, at) => {
      const next = density.limits[at + 1];
      const words = next == null ? `≥ ${number(density.limits[at])}` : `${number(density.limits[at])}–${number(next)}`;
      return Q.element("li", "", [swatch("q-fill", colour), words]);
    });
    return [Q.element("ol", "q-ramp", steps), Q.element("p", "q-small", density.words)];
  };

  const tally = (read) => {
    const found = new Map();
    for (let row = 0; row < Q.page.rows.count; row += 1) found.set(read(row), (found.get(read(row)) || 0) + 1);
    return found;
  };

  const filters = (kind, items, layers) =>
    items.map(({ key, label, mark, count }) =>
      check(label, !Q.hidden[kind].has(key), (on) => {
        if (on) Q.hidden[kind].delete(key);
        else Q.hidden[kind].add(key);
        layers.refresh();
      }, mark, count));

  const section = (title, parts) => Q.element("section", "", [Q.element("h3", "", title), ...parts]);

  const groupSection = (layers) => {
    const counts = tally((row) => Q.group(row).key);
    const items = Q.page.rows.groups.map((group) => ({ key: group.key, label: group.words, mark: Q.symbol(group), count: counts.get(group.key) || 0 }));
    return section(Q.word(Q.page.as_ === "places" ? "by_trade" : "by_command"), filters("group", items, layers));
  };
  const statusSection = (layers) => {
    const counts = tally((row) => Q.value(row, "status"));
    const example = { ...Q.page.rows.groups[0], glyph: "", colour: "#7b8494" };
    const items = ["located", "ambiguous"].filter((key) => counts.has(key)).map((key) => ({
      key,
      label: Q.page.style.placements[key].word,
      mark: Q.symbol({ ...example, shape: "circle" }, { uncertain: key === "ambiguous" }),
      count: counts.get(key),
    }));
    return section(Q.word("by_status"), filters("status", items, layers));
  };

  /** Fills the panel. `parts`: {layers, zones, heat, basemap}. */
  Q.legend = (map, { layers, zones, heat, basemap }) => {
    const panel = document.getElementById("q-legend-body");
    const drawn = [check(Q.word("points"), true, toggle(map, layers.points), swatch("q-dot", "#41506b"))];
    if (layers.hasShapes) drawn.push(check(Q.word("shapes"), map.hasLayer(layers.shapes), toggle(map, layers.shapes), swatch("q-line", "#41506b")));
    if (heat) drawn.push(check(Q.page.density.title, map.hasLayer(heat), toggle(map, heat), swatch("q-fill", Q.page.density.colours[3] || Q.page.density.colours[0])));
    for (const zone of [...zones].reverse()) {
      drawn.push(check(Q.word(`zone_${zone.level}`), map.hasLayer(zone.group), toggle(map, zone.group), swatch(`q-line q-${zone.level}`, Q.page.style.zones[zone.level].colour), zone.number));
    }
    if (Q.page.basemap.length) drawn.push(check(Q.word("basemap"), true, (on) => basemap.show(on), swatch("q-line q-road", "#c9c2b2")));
    panel.append(section(Q.word("layers"), drawn));
    if (heat) panel.append(section(`${Q.page.density.title}（${Q.page.density.unit}）`, rampLegend(Q.page.density)));
    if (Q.page.rows.count) panel.append(groupSection(layers), statusSection(layers));
    const holder = document.getElementById("q-legend");
    const button = document.getElementById("q-legend-toggle");
    const open = (wanted) => {
      holder.classList.toggle("q-closed", !wanted);
      button.setAttribute("aria-expanded", String(wanted));
    };
    button.addEventListener("click", () => open(holder.classList.contains("q-closed")));
    open(!Q.narrow());
  };
})(Qingtu);
