"use strict";
// Tells the values of the moment that is pointed at, in all panels of a picture at once.
document.querySelectorAll("figure.picture").forEach(function (picture) {
  var told = picture.querySelector("script.values");
  if (!told) return;
  var values = JSON.parse(told.textContent);
  var tip = picture.querySelector(".tip");
  var hint = picture.querySelector(".hint");
  var SVG = "http://www.w3.org/2000/svg";
  var current = null;
  var level = 0;

  var drawings = Array.from(picture.querySelectorAll("svg")).map(function (svg) {
    var panels = Array.from(svg.querySelectorAll("g.panel")).map(function (group) {
      return {
        id: group.dataset.panel,
        top: Number(group.dataset.top),
        height: Number(group.dataset.height),
        most: Number(group.dataset.most),
      };
    });
    return {
      svg: svg,
      panels: panels,
      from: Number(svg.dataset.from),
      span: Number(svg.dataset.span),
      width: svg.viewBox.baseVal.width,
      marks: document.createElementNS(SVG, "g"),
    };
  });
  drawings = drawings.filter(function (it) { return it.panels.length > 0; });
  if (drawings.length === 0) return;
  drawings.forEach(function (it) {
    it.marks.setAttribute("class", "marks");
    it.svg.appendChild(it.marks);
  });

  function shown() {
    return drawings.find(function (it) { return it.svg.getBoundingClientRect().width > 0; });
  }

  function size(bytes) {
    var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    var unit = 0;
    while (bytes >= 1024 && unit + 1 < units.length) {
      bytes /= 1024;
      unit += 1;
    }
    return (bytes % 1 === 0 ? bytes : bytes.toFixed(2)) + " " + units[unit];
  }

  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }

  function moment(seconds) {
    if (values.elapsed < 0.001) return (seconds * 1e6).toFixed(2) + " µs";
    if (values.elapsed < 1) return (seconds * 1e3).toFixed(2) + " ms";
    if (values.elapsed < 60) return seconds.toFixed(2) + " s";
    var whole = Math.floor(seconds);
    var days = Math.floor(whole / 86400);
    var hours = Math.floor(whole / 3600) % 24;
    var minutes = Math.floor(whole / 60) % 60;
    if (days > 0) return days + "d " + two(hours) + ":" + two(minutes) + ":" + two(whole % 60);
    if (hours > 0) return hours + ":" + two(minutes) + ":" + two(whole % 60);
    return minutes + ":" + two(whole % 60);
  }

  function percent(part) {
    return Math.round(part * 100) + "%";
  }

  function fill(buffer, index) {
    var text = size(buffer.mean[index]);
    var mark = buffer.mark.length === 1 ? buffer.mark[0] : buffer.mark[index];
    return mark === null || mark === undefined ? text : text + " of " + size(mark);
  }

  function rows(index) {
    var list = [];
    if (values.rate[index] !== null) list.push(["rate", size(values.rate[index]) + "/s"]);
    if (values.mean[index] !== null) list.push([values.mean_name, size(values.mean[index]) + "/s"]);
    if (values.read[index] !== null) list.push(["read", size(values.read[index]) + "/s"]);
    values.buffers.forEach(function (buffer) {
      var least = buffer.least[index];
      var most = buffer.most[index];
      if (buffer.mean[index] !== null) list.push([buffer.name, fill(buffer, index)]);
      if (most > least) list.push(["", size(least) + " to " + size(most)]);
    });
    values.phases.forEach(function (phase) {
      if (phase.share[index] >= 0.005) list.push([phase.words, percent(phase.share[index]), phase.look]);
    });
    var paused = values.paused[index];
    list.push(["source paused", paused >= 1 ? "yes" : paused > 0 ? percent(paused) : "no"]);
    return list;
  }

  function write(index) {
    tip.textContent = "";
    var step = values.elapsed / values.count;
    var head = document.createElement("b");
    head.textContent = moment((index + 0.5) * step);
    tip.appendChild(head);
    var stall = values.stalled[index];
    if (stall !== null) {
      var told = document.createElement("b");
      told.textContent = values.stalls[stall];
      tip.appendChild(told);
    }
    rows(index).forEach(function (row) {
      var line = document.createElement("div");
      var name = document.createElement("span");
      var value = document.createElement("em");
      name.textContent = row[0];
      if (row[2]) name.prepend(swatch(row[2]));
      value.textContent = row[1];
      line.append(name, value);
      tip.appendChild(line);
    });
  }

  function element(name, attributes) {
    var it = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { it.setAttribute(key, attributes[key]); });
    return it;
  }

  function swatch(look) {
    var it = element("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" });
    it.appendChild(element("rect", { class: look, width: 10, height: 10 }));
    return it;
  }

  function mark(drawing, index) {
    var x = drawing.from + drawing.span * (index + 0.5) / values.count;
    var last = drawing.panels[drawing.panels.length - 1];
    var line = { class: "cross", x1: x, x2: x, y1: drawing.panels[0].top, y2: last.top + last.height };
    drawing.marks.replaceChildren(element("line", line));
    drawing.panels.forEach(function (panel) {
      var buffer = values.buffers.find(function (it) { return it.id === panel.id; });
      var list = panel.id === "rate" ? values.mean : buffer && buffer.mean;
      if (!list || list[index] === null) return;
      var part = Math.min(list[index] / panel.most, 1);
      var dot = { class: "dot", cx: x, cy: panel.top + panel.height * (1 - part), r: 4.5 };
      drawing.marks.appendChild(element("circle", dot));
    });
    return x;
  }

  function place(drawing, x, y) {
    var box = drawing.svg.getBoundingClientRect();
    var frame = picture.getBoundingClientRect();
    var at = box.left - frame.left + x * box.width / drawing.width;
    var right = at + 16 + tip.offsetWidth <= frame.width;
    var left = right ? at + 16 : Math.max(0, Math.min(at - 16 - tip.offsetWidth, frame.width - tip.offsetWidth));
    if (!right && at - 16 - tip.offsetWidth < 0) left = Math.max(0, (frame.width - tip.offsetWidth) / 2);
    var most = Math.max(0, frame.height - tip.offsetHeight);
    tip.style.left = left + "px";
    tip.style.top = Math.max(0, Math.min(y, most)) + "px";
  }

  function show(index, y) {
    var drawing = shown();
    if (!drawing) return;
    hide();
    current = Math.max(0, Math.min(values.count - 1, index));
    level = y;
    var x = mark(drawing, current);
    write(current);
    tip.hidden = false;
    place(drawing, x, y);
  }

  function hide() {
    current = null;
    tip.hidden = true;
    drawings.forEach(function (it) { it.marks.replaceChildren(); });
  }

  function point(event) {
    var drawing = shown();
    if (!drawing) return;
    var box = drawing.svg.getBoundingClientRect();
    var x = (event.clientX - box.left) * drawing.width / box.width;
    var part = (x - drawing.from) / drawing.span;
    if (part < -0.02 || part > 1.02) return hide();
    show(Math.floor(part * values.count), event.clientY - picture.getBoundingClientRect().top + 12);
  }

  function walk(event) {
    var steps = { ArrowLeft: -1, ArrowRight: 1 };
    var here = current === null ? Math.floor(values.count / 2) : current;
    if (event.key in steps) show(current === null ? here : here + steps[event.key] * (event.shiftKey ? 10 : 1), 0);
    else if (event.key === "Home") show(0, 0);
    else if (event.key === "End") show(values.count - 1, 0);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  }

  picture.tabIndex = 0;
  picture.setAttribute("aria-label", "The run over time; the arrow keys walk through it");
  picture.setAttribute("role", "group");
  hint.hidden = false;
  picture.addEventListener("pointermove", point);
  picture.addEventListener("pointerdown", point);
  picture.addEventListener("pointerleave", function (event) { if (event.pointerType === "mouse") hide(); });
  picture.addEventListener("keydown", walk);
  picture.addEventListener("blur", hide);
  window.addEventListener("resize", function () { if (current !== null) show(current, level); });
});
