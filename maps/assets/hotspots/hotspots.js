// Draws hot spots on a Leaflet map: filled where significant, dashed and hatched where it may be chance.
// All words come from the data block and go on screen as text.
var QingtuHotSpots = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function hatch(svg, code, colour) {
    const defs = svg.querySelector("defs") || svg.insertBefore(document.createElementNS(SVG, "defs"), svg.firstChild);
    const pattern = document.createElementNS(SVG, "pattern");
    const line = document.createElementNS(SVG, "path");
    for (const [name, value] of [["id", `hs-${code}`], ["width", 8], ["height", 8], ["patternUnits", "userSpaceOnUse"]]) {
      pattern.setAttribute(name, value);
    }
    for (const [name, value] of [["d", "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"], ["stroke", colour], ["stroke-width", 1]]) {
      line.setAttribute(name, value);
    }
    pattern.append(line);
    defs.append(pattern);
  }

  function facts(unit, words) {
    const box = element("div", "hs-facts");
    box.append(element("strong", "", words));
    const list = element("dl");
    for (const [name, value] of unit.facts) {
      if (value === null || value === "") continue;
      list.append(element("dt", "", name), element("dd", "", String(value)));
    }
    box.append(list);
    return box;
  }

  function legend(map, data) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const box = element("div", "hs-legend");
      box.append(element("h2", "", data.title));
      for (const { code, words, count } of data.legend) {
        const { colour, outline } = data.style[code];
        const row = element("p");
        const key = element("i", `hs-key${outline ? " hs-outline" : ""} hs-key-${code}`);
        key.style.setProperty("--colour", colour);
        row.append(key, element("span", "", words), element("b", "", String(count)));
        box.append(row);
      }
      if (data.note) box.append(element("small", "", data.note));
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    control.addTo(map);
    return control.getContainer();
  }

  function draw(map, id) {
    const data = JSON.parse(document.getElementById(id).textContent);
    const words = Object.fromEntries(data.legend.map((row) => [row.code, row.words]));
    if (data.bounds && !map._loaded) map.setView([0, 0], 3);
    const svg = L.svg({ padding: 0.5 });
    for (const { shape, colour, width, level } of data.borders || []) {
      L.geoJSON(shape, {
        interactive: false, renderer: svg, style: { color: colour, weight: width, fill: false, opacity: level === "grid" ? 0.5 : 0.9 },
      }).addTo(map);
    }
    for (const unit of data.units) {
      const { colour, outline } = data.style[unit.code];
      const style = { stroke: false, fillColor: outline ? `url(#hs-${unit.code})` : colour, fillOpacity: outline ? 0.55 : 0.62 };
      L.geoJSON(unit.shape, { renderer: svg, style }).bindTooltip(facts(unit, words[unit.code]), { sticky: true, opacity: 1 }).addTo(map);
    }
    for (const { code, shape } of data.outlines) {
      const { colour, outline } = data.style[code];
      L.geoJSON(shape, {
        interactive: false, renderer: svg,
        style: { color: colour, weight: outline ? 1.5 : 2, fill: false, dashArray: outline ? "5 4" : null, opacity: 1 },
      }).addTo(map);
    }
    if (svg._container) for (const row of data.legend) if (data.style[row.code].outline) hatch(svg._container, row.code, data.style[row.code].colour);
    for (const { shape, name } of data.borders || []) {
      if (!name) continue;
      const at = L.geoJSON(shape).getBounds().getCenter();
      L.marker(at, { interactive: false, icon: L.divIcon({ className: "hs-name", html: element("span", "", name), iconSize: null }) }).addTo(map);
    }
    const box = legend(map, data);
    if (data.bounds) {
      const [west, south, east, north] = data.bounds;
      // The legend covers no part of the district: it stands beside it, on a phone below it.
      const { x: width, y: height } = map.getSize();
      const beside = width > height ? [box.offsetWidth + 24, 12] : [12, box.offsetHeight + 24];
      map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [12, 12], paddingBottomRight: beside });
    }
  }

  return { draw };
})();
