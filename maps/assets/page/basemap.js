/* The background, drawn from the gazetteer's own lines and areas: no tiles are fetched. */
(function (Q) {
  const style = Q.page.style.basemap;
  const RANK = {
    motorway: 5, trunk: 5, expressway: 5, primary: 4, ring: 4, secondary: 3, tertiary: 2, radial: 3, main: 4,
    residential: 1, unclassified: 1, living_street: 1, branch: 1, service: 0, footway: 0, path: 0, pedestrian: 0,
    mined: 1,
  };
  const rank = (kind) => RANK[(kind || "").replace("_link", "")] ?? 2;
  const AREAS = ["green", "water", "building"];

  /* Web mercator pixels at zoom 0, so that a zoom is one multiplication. */
  const project = (lat, lon) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return [(lon / 360 + 0.5) * 256, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256];
  };

  const prepare = (feature) => {
    const area = Boolean(feature.area);
    const paths = (area ? feature.area.flat() : feature.line).map((steps) => {
      const flat = new Float64Array(steps.length);
      Q.path(steps).forEach(([lat, lon], at) => flat.set(project(lat, lon), 2 * at));
      return flat;
    });
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const flat of paths) {
      for (let at = 0; at < flat.length; at += 2) {
        box[0] = Math.min(box[0], flat[at]);
        box[1] = Math.min(box[1], flat[at + 1]);
        box[2] = Math.max(box[2], flat[at]);
        box[3] = Math.max(box[3], flat[at + 1]);
      }
    }
    return { layer: feature.layer, name: feature.name, rank: rank(feature.class), rough: feature.class === "mined", area, paths, box };
  };

  const width = (feature, zoom) => {
    if (feature.layer === "water") return Math.max(1, (zoom - 11) * 1.2);
    if (feature.layer === "rail") return zoom < 14 ? 1.2 : 2.2;
    const base = [0.4, 0.7, 1, 1.4, 1.8, 2.2][feature.rank];
    return Math.max(0.7, base * Math.pow(1.55, zoom - 12.5));
  };
  const visible = (feature, zoom) => {
    if (feature.layer === "building") return zoom >= 15;
    if (feature.rough) return zoom >= 9;
    if (feature.layer !== "road") return true;
    return feature.rank >= (zoom < 11 ? 4 : zoom < 12 ? 2 : zoom < 14 ? 1 : 0);
  };

  const trace = (context, flat, scale, x, y) => {
    context.moveTo(flat[0] * scale - x, flat[1] * scale - y);
    for (let at = 2; at < flat.length; at += 2) context.lineTo(flat[at] * scale - x, flat[at + 1] * scale - y);
  };

  const reach = ({ box }) => box[2] - box[0] + (box[3] - box[1]);

  /* Names along lines: placed once per zoom for the whole map, so that they meet at tile borders. */
  const placeLabels = (features, zoom) => {
    const scale = Math.pow(2, zoom);
    const taken = new Map();
    const key = (x, y) => Math.floor(x / 40) + ":" + Math.floor(y / 40);
    const free = (dots) =>
      dots.every(([x, y]) => {
        for (let dx = -40; dx <= 40; dx += 40) {
          for (let dy = -40; dy <= 40; dy += 40) {
            for (const [ox, oy] of taken.get(key(x + dx, y + dy)) || []) {
              if (Math.hypot(ox - x, oy - y) < 20) return false;
            }
          }
        }
        return true;
      });
    const labels = [];
    const named = features.filter((one) => one.name && (one.layer !== "building" || zoom >= 17) && visible(one, zoom));
    named.sort((a, b) => (b.layer === "water") - (a.layer === "water") || b.rank - a.rank || reach(b) - reach(a));
    for (const feature of named) {
      const size = feature.layer === "road" && feature.rank >= 3 ? 12 : 11;
      const length = feature.name.length * size;
      const spots = feature.area ? areaSpot(feature, scale, length) : lineSpots(feature, scale, length);
      for (const [x, y, angle] of spots) {
        const half = length / 2 - size / 2;
        const dots = [];
        for (let along = -half; along <= half + 1; along += size) dots.push([x + along * Math.cos(angle), y + along * Math.sin(angle)]);
        if (!dots.length || !free(dots)) continue;
        for (const dot of dots) {
          const cell = key(...dot);
          if (!taken.has(cell)) taken.set(cell, []);
          taken.get(cell).push(dot);
        }
        labels.push({ text: feature.name, x, y, angle, size, water: feature.layer === "water", reach: length / 2 + size });
      }
    }
    return labels;
  };
  const areaSpot = ({ box }, scale, length) =>
    (box[2] - box[0]) * scale > length * 0.9 ? [[((box[0] + box[2]) / 2) * scale, ((box[1] + box[3]) / 2) * scale, 0]] : [];
  const lineSpots = (feature, scale, length) => {
    const spots = [];
    for (const flat of feature.paths) {
      const ends = [0];
      for (let at = 2; at < flat.length; at += 2) {
        ends.push(ends[ends.length - 1] + Math.hypot(flat[at] - flat[at - 2], flat[at + 1] - flat[at - 1]) * scale);
      }
      const total = ends[ends.length - 1];
      if (total < length * 1.25) continue;
      const pieces = Math.min(12, Math.max(1, Math.round(total / 520)));
      for (let piece = 0; piece < pieces; piece += 1) {
        const from = point(flat, ends, ((piece + 0.5) / pieces) * total - length / 2, scale);
        const to = point(flat, ends, ((piece + 0.5) / pieces) * total + length / 2, scale);
        // Where the line bends under the name, the name would leave the line.
        if (Math.hypot(to[0] - from[0], to[1] - from[1]) < length * 0.94) continue;
        let angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
        if (angle > Math.PI / 2 + 0.1) angle -= Math.PI;
        if (angle < -Math.PI / 2 + 0.1) angle += Math.PI;
        spots.push([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2, angle]);
      }
    }
    return spots;
  };
  const point = (flat, ends, wanted, scale) => {
    let at = 1;
    while (at < ends.length - 1 && ends[at] < wanted) at += 1;
    const share = (wanted - ends[at - 1]) / (ends[at] - ends[at - 1] || 1);
    const x = flat[2 * at - 2] + share * (flat[2 * at] - flat[2 * at - 2]);
    const y = flat[2 * at - 1] + share * (flat[2 * at + 1] - flat[2 * at - 1]);
    return [x * scale, y * scale];
  };

  const drawLabels = (context, labels, left, top, size) => {
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const label of labels) {
      const x = label.x - left;
      const y = label.y - top;
      if (x < -label.reach || y < -label.reach || x > size + label.reach || y > size + label.reach) continue;
      context.save();
      context.translate(x, y);
      context.rotate(label.angle);
      context.font = `${label.size}px "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif`;
      context.lineWidth = 3;
      context.strokeStyle = "rgba(255,255,255,.85)";
      context.fillStyle = label.water ? "#4a7fa5" : style.label;
      context.strokeText(label.text, 0, 0);
      context.fillText(label.text, 0, 0);
      context.restore();
    }
  };

  const drawGraticule = (context, coords, zoom, size) => {
    const step = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].find((one) => (one / 360) * 256 * Math.pow(2, zoom) < 260) || 0.001;
    const scale = Math.pow(2, zoom) * 256;
    const lon = (x) => ((x / scale) - 0.5) * 360;
    const lat = (y) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / scale))) * 180) / Math.PI;
    context.strokeStyle = style.graticule;
    context.lineWidth = 1;
    context.beginPath();
    const [left, top] = [coords.x * size, coords.y * size];
    for (let at = Math.ceil(lon(left) / step); at * step <= lon(left + size); at += 1) {
      const x = Math.round(((at * step) / 360 + 0.5) * scale - left) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, size);
    }
    for (let at = Math.ceil(lat(top + size) / step); at * step <= lat(top); at += 1) {
      const y = Math.round(project(at * step, 0)[1] * Math.pow(2, zoom) - top) + 0.5;
      context.moveTo(0, y);
      context.lineTo(size, y);
    }
    context.stroke();
  };

  const drawFeatures = (context, features, zoom, coords, size) => {
    const scale = Math.pow(2, zoom);
    const [left, top] = [coords.x * size, coords.y * size];
    const pad = 24 / scale;
    const box = [left / scale - pad, top / scale - pad, (left + size) / scale + pad, (top + size) / scale + pad];
    const near = features.filter(
      (one) => visible(one, zoom) && one.box[0] <= box[2] && one.box[2] >= box[0] && one.box[1] <= box[3] && one.box[3] >= box[1],
    );
    const stroke = (feature, colour, pixels, dash) => {
      context.strokeStyle = colour;
      context.lineWidth = pixels;
      context.setLineDash(dash || []);
      context.beginPath();
      feature.paths.forEach((flat) => trace(context, flat, scale, left, top));
      context.stroke();
    };
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const layer of AREAS) {
      context.fillStyle = style[layer];
      for (const feature of near.filter((one) => one.layer === layer && one.area)) {
        context.beginPath();
        feature.paths.forEach((flat) => trace(context, flat, scale, left, top));
        context.fill("evenodd");
      }
      for (const feature of near) if (feature.layer === layer && !feature.area && !feature.rough) stroke(feature, style[layer], width(feature, zoom));
    }
    // Axes worked out from addresses are a hint, not a survey: one thin line, and no more.
    for (const line of near.filter((one) => one.rough)) stroke(line, line.layer === "water" ? style.water : style.road_casing, zoom < 14 ? 1 : 2);
    const roads = near.filter((one) => one.layer === "road" && !one.rough).sort((a, b) => a.rank - b.rank);
    for (const road of roads) stroke(road, style.road_casing, width(road, zoom) + (zoom < 13 ? 0.8 : 2));
    if (zoom >= 12) for (const road of roads) stroke(road, style.road, width(road, zoom));
    for (const rail of near.filter((one) => one.layer === "rail" && !one.rough)) {
      stroke(rail, style.rail, width(rail, zoom) + 1.5);
      stroke(rail, "#ffffff", width(rail, zoom), [7, 7]);
    }
    context.setLineDash([]);
  };

  Q.Basemap = L.GridLayer.extend({
    options: { tileSize: 256, maxZoom: 20, updateWhenZooming: false, keepBuffer: 1, pane: "tilePane" },
    initialize(features, options) {
      L.GridLayer.prototype.initialize.call(this, options);
      this._features = features.map(prepare);
      this._labels = new Map();
    },
    createTile(coords) {
      const tile = document.createElement("canvas");
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      const size = this.options.tileSize;
      tile.width = tile.height = size * ratio;
      const context = tile.getContext("2d");
      context.scale(ratio, ratio);
      context.fillStyle = style.land;
      context.fillRect(0, 0, size, size);
      drawGraticule(context, coords, coords.z, size);
      drawFeatures(context, this._features, coords.z, coords, size);
      if (coords.z >= 11) {
        if (!this._labels.has(coords.z)) this._labels.set(coords.z, placeLabels(this._features, coords.z));
        drawLabels(context, this._labels.get(coords.z), coords.x * size, coords.y * size, size);
      }
      return tile;
    },
  });
})(Qingtu);
