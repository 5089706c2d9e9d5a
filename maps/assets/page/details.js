/* What a click on a row shows: the row as it stood in the list, and what became of it. */
(function (Q) {
  const percent = (share) => `${Math.round(share * 100)}%`;
  const metres = (length) => {
    if (length == null) return null;
    return length >= 1000 ? `${(length / 1000).toFixed(1)} ${Q.word("km")}` : `${Math.round(length)} ${Q.word("m")}`;
  };

  const fields = (row) => {
    const zone = [Q.value(row, "community_name") || Q.value(row, "community"), Q.value(row, "grid_name") || Q.value(row, "grid")];
    const share = Q.value(row, "p_community");
    const state = Q.value(row, "state");
    const uncertainty = metres(Q.value(row, "uncertainty_m"));
    return [
      ["location", Q.value(row, "text")],
      ["description", Q.value(row, "description")],
      ["kind", Q.value(row, "kind_name")],
      ["state", state && (Q.page.style.states[state] || { word: state }).word],
      ["community", zone.filter(Boolean).join(" · ") + (share != null && zone[0] ? `（${Q.word("certainty")} ${percent(share)}）` : "")],
      ["shares", Q.value(row, "shares")],
      ["leader", Q.value(row, "leader")],
      ["unit", Q.value(row, "unit")],
      ["reported_at", Q.value(row, "reported_at")],
      ["length", metres(Q.value(row, "length_m"))],
      ["method", Q.value(row, "method")],
      ["uncertainty", uncertainty && `± ${uncertainty}`],
      ["reason", Q.value(row, "words")],
    ].filter(([, text]) => text);
  };

  const list = (pairs) =>
    Q.element("dl", "", pairs.flatMap(([name, text]) => [Q.element("dt", "", name), Q.element("dd", "", text)]));

  const build = (row, showRival) => {
    const group = Q.group(row);
    const status = Q.value(row, "status");
    const placement = Q.page.style.placements[status] || { word: status, colour: "#444444" };
    const badge = Q.element("span", "q-badge", placement.word);
    badge.style.background = placement.colour;
    const head = Q.element("header", "", [
      Q.symbol(group),
      Q.element("div", "", [Q.element("strong", "", Q.title(row)), Q.element("small", "", [group.words, " · ", Q.source(row)])]),
      badge,
    ]);
    const body = Q.element("div", "q-details", [head, list(fields(row).map(([key, text]) => [Q.word(key), text]))]);
    if (Q.value(row, "near_border")) body.append(Q.element("p", "q-warn", Q.word("near_border")));
    const rivals = Q.page.rows.rivals[row] || [];
    if (rivals.length) {
      body.append(Q.element("h4", "", Q.word("rivals")));
      body.append(Q.element("ol", "q-rivals", rivals.map(([lon, lat, p, words]) =>
        Q.element("li", "", Q.button("q-link", `${words}（${percent(p)}）`, () => showRival([lat, lon]))))));
    }
    const cells = Q.cells(row);
    if (cells.length) {
      body.append(Q.element("details", "", [Q.element("summary", "", Q.word("original_row")), list(cells)]));
    }
    return body;
  };

  /** Opens a row's details and draws how uncertain its place is. */
  Q.details = (map, layers) => {
    map.createPane("q-selection").style.zIndex = 430;
    const renderer = L.svg({ pane: "q-selection" });
    const selection = L.layerGroup().addTo(map);
    const shown = (row) => {
      selection.clearLayers();
      const at = Q.at(row);
      // A vague answer's whole line or area is shown only while its row is looked at.
      for (const part of layers.shapeOf(row)) selection.addLayer(part);
      const radius = Q.value(row, "uncertainty_m");
      const ring = { renderer, interactive: false, color: "#b45309", weight: 1.5, dashArray: "5 4", fillColor: "#f59e0b", fillOpacity: 0.12 };
      if (radius && !Q.page.rows.shapes[row]) L.circle(at, { ...ring, radius }).addTo(selection);
      L.circleMarker(at, { renderer, interactive: false, radius: 18, color: "#16181d", weight: 2, fill: false }).addTo(selection);
      for (const [lon, lat] of Q.page.rows.rivals[row] || []) {
        L.polyline([at, [lat, lon]], { renderer, interactive: false, color: "#b45309", weight: 1.2, dashArray: "3 4" }).addTo(selection);
        L.circleMarker([lat, lon], { ...ring, dashArray: null, radius: 7, fillOpacity: 0.6 }).addTo(selection);
      }
    };
    const go = (place) => map.flyTo(place, Math.max(16, map.getZoom()), { duration: 0.6 });
    const popup = L.popup({
      maxWidth: 340, minWidth: 300, maxHeight: Math.max(220, window.innerHeight * 0.5), className: "q-popup", offset: [0, -6],
      autoPanPaddingTopLeft: [16, 64], autoPanPaddingBottomRight: [284, 56],
    });
    // A popup on a phone hides the very place it speaks of: there the details come from below.
    const sheet = document.getElementById("q-sheet");
    const closeSheet = () => {
      sheet.hidden = true;
      selection.clearLayers();
    };
    const openSheet = (row) => {
      const close = Q.button("q-close", "×", closeSheet);
      close.setAttribute("aria-label", Q.word("close"));
      sheet.replaceChildren(close, build(row, go));
      sheet.hidden = false;
      sheet.scrollTop = 0;
      const free = map.getSize().y - sheet.offsetHeight;
      const place = map.latLngToContainerPoint(Q.at(row));
      map.panBy([place.x - map.getSize().x / 2, place.y - Math.max(70, free * 0.6)], { animate: false });
    };
    const open = (row, at) => {
      shown(row);
      if (Q.narrow()) return openSheet(row);
      sheet.hidden = true;
      return popup.setLatLng(at || Q.at(row)).setContent(build(row, go)).openOn(map);
    };
    map.on("click", closeSheet);
    document.addEventListener("keydown", (event) => event.key === "Escape" && closeSheet());
    map.on("popupclose", () => selection.clearLayers());
    layers.points.on("click", ({ layer }) => layer.options.row != null && open(layer.options.row, layer.getLatLng()));
    layers.shapes.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      open(event.layer.options.row, event.latlng);
    });
    /** Shows a row that may be inside a cluster. */
    return (row) => {
      map.closePopup();
      map.setView(Q.at(row), Math.max(17, map.getZoom()), { animate: false });
      open(row);
    };
  };
})(Qingtu);
