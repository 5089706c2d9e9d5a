/* Puts the page together on a Leaflet map. */
(function (Q) {
  const fit = (map) => {
    const view = Q.page.view;
    if (!view) return map.setView([34.77, 113.72], 12);
    const [west, south, east, north] = view;
    const paper = document.body.classList.contains("q-printing");
    // Keep clear of what lies over the map: search above, the legend at the right of a wide screen.
    const [left, top, right, bottom] = paper ? [12, 12, 12, 12] : Q.narrow() ? [14, 60, 14, 56] : [40, 40, 290, 56];
    const clear = { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] };
    return map.fitBounds([[south, west], [north, east]], { ...clear, maxZoom: 17, animate: false });
  };

  const heatLayer = (map) => {
    const density = Q.page.density;
    if (!density) return null;
    map.createPane("q-heat").style.zIndex = 300;
    const [west, south, east, north] = density.bounds;
    const overlay = L.imageOverlay(density.uri, [[south, west], [north, east]], { pane: "q-heat", alt: "", className: "q-heat" });
    // Seen from far the pattern matters, from near the streets below it.
    const fade = () => overlay.setOpacity(map.getZoom() <= 14 ? 0.85 : map.getZoom() <= 15.5 ? 0.6 : 0.35);
    map.on("zoomend", fade);
    fade();
    return overlay;
  };

  const readout = (map) => {
    const place = document.getElementById("q-readout");
    map.on("mousemove", ({ latlng }) => (place.textContent = `${latlng.lng.toFixed(5)}°E  ${latlng.lat.toFixed(5)}°N`));
    map.on("mouseout", () => (place.textContent = ""));
  };

  const printing = (map) => {
    document.getElementById("q-print").addEventListener("click", () => window.print());
    // Leaflet keeps the screen's size unless told; the paper's size is known only now.
    window.addEventListener("beforeprint", () => {
      document.body.classList.add("q-printing");
      map.invalidateSize({ animate: false });
      fit(map);
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("q-printing");
      map.invalidateSize({ animate: false });
    });
  };

  /** Builds everything; afterwards `<html data-ready>` is set. */
  Q.start = (map) => {
    document.documentElement.lang = Q.page.lang === "en" ? "en" : "zh-CN";
    map.getContainer().classList.toggle("q-has-unplaced", Q.page.unplaced.length > 0);
    fit(map);
    const background = new Q.Basemap(Q.page.basemap).addTo(map);
    const empty = new Q.Basemap([]);
    const basemap = { show: (on) => (on ? (empty.remove(), background.addTo(map)) : (background.remove(), empty.addTo(map))) };
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    L.control.zoom({ position: "topleft", zoomInTitle: Q.word("zoom_in"), zoomOutTitle: Q.word("zoom_out") }).addTo(map);
    const heat = heatLayer(map);
    if (heat) heat.addTo(map);
    const zones = Q.zoneLayers(map);
    [...zones].reverse().forEach((zone) => zone.group.addTo(map)); // outer borders on top
    const layers = Q.rowLayers(map);
    // A shop that was found only as "somewhere on this road" is no line; a problem along a canal is one.
    if (Q.page.as_ === "problems") layers.shapes.addTo(map);
    layers.points.addTo(map);
    const show = Q.details(map, layers);
    Q.legend(map, { layers, zones, heat, basemap });
    const showMissing = Q.unplacedPanel();
    Q.searchBox(show, showMissing);
    readout(map);
    printing(map);
    Q.map = map;
    Q.show = show;
    requestAnimationFrame(() => {
      performance.mark("qingtu-ready");
      document.documentElement.dataset.ready = "1";
    });
  };
})(Qingtu);
