/* Rows on the map: one symbol each (clustered), lines and areas as such, and what is shown of them. */
(function (Q) {
  const rows = Q.page.rows;
  const FINISHED = new Set(["closed", "cancelled"]);

  Q.hidden = { group: new Set(), status: new Set() };
  Q.isShown = (row) => !Q.hidden.group.has(Q.group(row).key) && !Q.hidden.status.has(Q.value(row, "status"));

  const clusterIcon = (cluster) => {
    const tally = new Map();
    const members = cluster.getAllChildMarkers();
    for (const { options } of members) {
      const { colour } = Q.group(options.row);
      tally.set(colour, (tally.get(colour) || 0) + 1);
    }
    const shares = [...tally].sort((a, b) => b[1] - a[1]);
    return new Q.ClusterIcon({ shares, total: members.length });
  };

  const icons = new Map();
  const icon = (row) => {
    const group = Q.group(row);
    const uncertain = Q.value(row, "status") === "ambiguous";
    const pale = FINISHED.has(Q.value(row, "state"));
    const key = `${group.key}|${uncertain}|${pale}`;
    if (!icons.has(key)) icons.set(key, new Q.RowIcon({ group, uncertain, pale }));
    return icons.get(key);
  };

  const shape = (row, encoded, renderer) => {
    const { colour } = Q.group(row);
    const uncertain = Q.value(row, "status") === "ambiguous";
    if (encoded.line) {
      const paths = encoded.line.map(Q.path);
      // "Somewhere on this road" must not outshine what was really found.
      if (uncertain) return [L.polyline(paths, { renderer, color: colour, weight: 2, opacity: 0.7, dashArray: "6 6", row })];
      const casing = L.polyline(paths, { renderer, color: "#ffffff", weight: 8, opacity: 0.9, row, wide: 8 });
      const line = L.polyline(paths, { renderer, color: colour, weight: 5, opacity: 0.95, row, wide: 5 });
      return [casing, line];
    }
    const rings = encoded.area.map((polygon) => polygon.map(Q.path));
    return [L.polygon(rings, { renderer, color: colour, weight: uncertain ? 1.5 : 2, fillOpacity: uncertain ? 0 : 0.18, dashArray: uncertain ? "6 5" : null, row })];
  };

  /** The layers of rows: {points, shapes, markers, refresh}. */
  Q.rowLayers = (map) => {
    const points = L.markerClusterGroup({
      chunkedLoading: rows.count > 20000,
      chunkInterval: 120,
      maxClusterRadius: (zoom) => (zoom < 13 ? 70 : zoom < 16 ? 54 : 38),
      // Rows at one spot (shops of one building) never come apart by zooming: they fan out.
      spiderfyOnMaxZoom: true,
      showCoverageOnHover: false,
      animateAddingMarkers: false,
      iconCreateFunction: clusterIcon,
    });
    map.createPane("q-shapes").style.zIndex = 420;
    const renderer = L.canvas({ pane: "q-shapes", tolerance: 6, padding: 0.3 });
    const shapes = L.featureGroup();
    const markers = [];
    for (let row = 0; row < rows.count; row += 1) {
      markers.push(L.marker(Q.at(row), { icon: icon(row), row, alt: "", title: Q.title(row), keyboard: rows.count < 500 }));
    }
    const drawn = Object.entries(rows.shapes).map(([row, encoded]) => [Number(row), shape(Number(row), encoded, renderer)]);
    const refresh = () => {
      const shown = markers.filter(({ options }) => Q.isShown(options.row));
      points.clearLayers();
      points.addLayers(shown);
      shapes.clearLayers();
      for (const [row, parts] of drawn) if (Q.isShown(row)) parts.forEach((part) => shapes.addLayer(part));
    };
    const widen = () => {
      const share = map.getZoom() < 14 ? 0.4 : map.getZoom() < 15.5 ? 0.65 : 1;
      for (const [, parts] of drawn) for (const part of parts) if (part.options.wide) part.setStyle({ weight: part.options.wide * share });
    };
    map.on("zoomend", widen);
    widen();
    refresh();
    const parts = new Map(drawn);
    const shapeOf = (row) => (map.hasLayer(shapes) ? [] : parts.get(row) || []);
    return { points, shapes, markers, refresh, shapeOf, hasShapes: drawn.length > 0 };
  };
})(Qingtu);
