/* Symbols of rows and of clusters. Colour never stands alone: shape and character say the same. */
(function (Q) {
  const SHAPES = {
    circle: "M14 3a11 11 0 1 1 0 22a11 11 0 1 1 0-22z",
    square: "M6.5 4h15A2.5 2.5 0 0 1 24 6.500v15A2.500 2.500 0 0 1 21.500 24h-15A2.500 2.500 0 0 1 4 21.500v-15A2.500 2.500 0 0 1 6.500 4z",
    diamond: "M14 1L27 14L14 27L1 14z",
    hexagon: "M8 3.200h12L26.400 14L20 24.800H8L1.600 14z",
    octagon: "M9.300 2.800h9.400L25.200 9.300v9.400L18.700 25.200H9.300L2.800 18.700V9.300z",
    triangle: "M14 1.500Q15 1.500 15.800 2.900L26.800 23Q27.800 25.500 25 25.500H3Q.2 25.500 1.200 23L12.200 2.900Q13 1.500 14 1.500z",
    shield: "M14 2L25 5.500V14Q25 22 14 26.500Q3 22 3 14V5.500z",
    drop: "M14 1.200Q25 11 25 16.500A11 10 0 0 1 3 16.500Q3 11 14 1.200z",
  };
  const GLYPH_Y = { triangle: 20.5, drop: 20, shield: 18.2 };

  const draw = (group, { size, uncertain, pale }) => {
    const path = Q.svg("path", {
      d: SHAPES[group.shape] || SHAPES.circle,
      fill: group.colour,
      stroke: uncertain ? "#16181d" : "#ffffff",
      "stroke-width": uncertain ? 1.8 : 1.6,
      "stroke-dasharray": uncertain ? "3 2.200" : "none",
      "fill-opacity": uncertain ? 0.72 : 1,
    });
    const small = group.shape === "triangle" ? 10.5 : 12.5;
    const glyph = Q.svg("text", {
      x: 14, y: GLYPH_Y[group.shape] || 18.4, "text-anchor": "middle", "font-size": small, "font-weight": 700,
      fill: group.ink,
    });
    glyph.textContent = group.glyph;
    const parts = [path, glyph];
    if (uncertain) {
      parts.push(Q.svg("circle", { cx: 23, cy: 5, r: 5, fill: "#fff7e0", stroke: "#92400e", "stroke-width": 1.2 }));
      const mark = Q.svg("text", { x: 23, y: 8.200, "text-anchor": "middle", "font-size": 9, "font-weight": 700, fill: "#92400e" });
      mark.textContent = "?";
      parts.push(mark);
    }
    const box = { viewBox: "0 0 28 28", width: size, height: size, "aria-hidden": "true", opacity: pale ? 0.55 : 1 };
    return Q.svg("svg", box, parts);
  };

  /** A group's symbol for legends and lists. */
  Q.symbol = (group, options = {}) => draw(group, { size: 22, ...options });

  const made = new Map();
  const template = (group, uncertain, pale) => {
    const key = `${group.key}|${uncertain}|${pale}`;
    if (!made.has(key)) made.set(key, draw(group, { size: 28, uncertain, pale }));
    return made.get(key);
  };

  /** The icon of one row; the drawing is made once per look and copied. */
  Q.RowIcon = L.Icon.extend({
    options: { iconSize: [28, 28], iconAnchor: [14, 14], popupAnchor: [0, -12], className: "q-mark" },
    createIcon() {
      const { group, uncertain, pale } = this.options;
      const holder = document.createElement("div");
      holder.append(template(group, uncertain, pale).cloneNode(true));
      this._setIconStyles(holder, "icon");
      return holder;
    },
    createShadow: () => null,
  });

  const arc = (from, to, outer, colour) => {
    const point = (turn) => [24 + outer * Math.sin(turn * 2 * Math.PI), 24 - outer * Math.cos(turn * 2 * Math.PI)];
    const [x0, y0] = point(from);
    const [x1, y1] = point(Math.min(to, from + 0.9999));
    const large = to - from > 0.5 ? 1 : 0;
    return Q.svg("path", { d: `M24 24L${x0} ${y0}A${outer} ${outer} 0 ${large} 1 ${x1} ${y1}z`, fill: colour });
  };

  /** A cluster: its number inside a ring that shows the mixture of groups. */
  Q.ClusterIcon = L.Icon.extend({
    options: { className: "q-cluster" },
    createIcon() {
      const { shares, total } = this.options;
      const size = total < 10 ? 36 : total < 100 ? 42 : total < 1000 ? 50 : 58;
      const parts = [Q.svg("circle", { cx: 24, cy: 24, r: 24, fill: "#ffffff", "fill-opacity": 0.9 })];
      let from = 0;
      for (const [colour, number] of shares) {
        parts.push(arc(from, from + number / total, 22.5, colour));
        from += number / total;
      }
      parts.push(Q.svg("circle", { cx: 24, cy: 24, r: 16.5, fill: "#ffffff" }));
      const label = Q.svg("text", { x: 24, y: 29, "text-anchor": "middle", "font-size": total < 1000 ? 14 : 12.5, "font-weight": 700, fill: "#1d2733" });
      label.textContent = Q.count(total);
      const holder = document.createElement("div");
      holder.append(Q.svg("svg", { viewBox: "0 0 48 48", width: size, height: size, "aria-hidden": "true" }, [...parts, label]));
      this.options.iconSize = [size, size];
      this.options.iconAnchor = [size / 2, size / 2];
      this._setIconStyles(holder, "icon");
      return holder;
    },
    createShadow: () => null,
  });
})(Qingtu);
