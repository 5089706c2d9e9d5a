/* Borders of subdistrict, communities and grids, with their names. */
(function (Q) {
  const NAME_ZOOM = { subdistrict: 0, community: 13, grid: 16 };
  const DASH = { subdistrict: null, community: null, grid: "4 4" };

  const rings = (item) => (item.area || []).map((polygon) => polygon.map(Q.path));

  const label = (item, level) => {
    const text = Q.element("span", `q-zone-name q-zone-${level}`, item.name || item.code);
    const icon = L.divIcon({ className: "q-zone-label", html: text, iconSize: [0, 0] });
    return L.marker([item.at[1], item.at[0]], { icon, interactive: false, keyboard: false, pane: "q-names" });
  };

  /** One layer group per level: borders, and names from a zoom on where they fit. */
  Q.zoneLayers = (map) => {
    map.createPane("q-zones").style.zIndex = 350;
    map.createPane("q-names").style.zIndex = 450;
    const renderer = L.canvas({ pane: "q-zones", padding: 0.3 });
    return Q.page.zones.map(({ level, items }) => {
      const look = Q.page.style.zones[level];
      const group = L.layerGroup();
      for (const item of items) {
        const area = rings(item);
        const options = { renderer, interactive: false, fill: false, dashArray: DASH[level] };
        // A pale edge keeps strong borders readable over the heat; dashes would drown in it.
        if (level !== "grid") L.polygon(area, { ...options, color: "#ffffff", weight: look.width + 2.5, opacity: 0.65 }).addTo(group);
        L.polygon(area, { ...options, color: look.colour, weight: look.width, opacity: 0.95 }).addTo(group);
      }
      const names = L.layerGroup(level === "subdistrict" ? [] : items.map((item) => label(item, level)));
      const show = () => {
        const wanted = map.hasLayer(group) && map.getZoom() >= NAME_ZOOM[level];
        if (wanted && !map.hasLayer(names)) names.addTo(map);
        if (!wanted && map.hasLayer(names)) names.remove();
      };
      map.on("zoomend", show);
      group.on("add remove", () => setTimeout(show));
      return { level, group, number: items.length };
    });
  };
})(Qingtu);
