"use strict";
// The page reads without this script; it opens claims that are linked to, opens all for print, and shows rows on the map.
const claims = () => document.querySelectorAll("details");

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || target.tagName !== "DETAILS") return;
  for (let d = target; d; d = d.parentElement.closest("details")) d.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

let closed = [];
addEventListener("beforeprint", () => { closed = [...claims()].filter((d) => !d.open); closed.forEach((d) => { d.open = true; }); });
addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));

for (const button of document.querySelectorAll("button[data-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const mine = button.closest("section").querySelectorAll("details.claim, details.folded");
    const open = ![...mine].every((d) => d.open);
    mine.forEach((d) => { d.open = open; });
    button.textContent = open ? "Close all" : "Open all";
  });
}

const map = document.querySelector(".map");
if (map) {
  const plane = map.querySelector("svg.plane"), ring = map.querySelector(".here"), panel = map.querySelector(".panel");
  const rows = JSON.parse(document.getElementById("rows").textContent);
  const dots = [...plane.querySelectorAll("circle[data-s]")];
  const places = dots.map((d) => [Number(d.getAttribute("cx")), Number(d.getAttribute("cy"))]);
  const hidden = new Set();
  let at = -1;

  const shown = (i) => !hidden.has(dots[i].dataset.s);
  function show(i) {
    if (i < 0 || i === at) return;
    at = i;
    ring.setAttribute("cx", places[i][0]);
    ring.setAttribute("cy", places[i][1]);
    ring.style.visibility = "visible";
    const head = document.createElement("div"), text = document.createElement("div");
    head.className = "quiet small";
    head.textContent = rows.series[dots[i].dataset.s] + (rows.ids[i] ? " · " + rows.ids[i] : "");
    text.className = "passage";
    text.dir = "auto";
    text.textContent = rows.texts[i] || "(no text)";
    panel.replaceChildren(head, text);
  }
  function nearest(x, y, most) {
    let best = -1, least = most * most;
    places.forEach(([a, b], i) => {
      const d = (a - x) ** 2 + (b - y) ** 2;
      if (d < least && shown(i)) { least = d; best = i; }
    });
    return best;
  }
  function point(event) {
    const box = plane.getBoundingClientRect(), view = plane.viewBox.baseVal, unit = view.width / box.width;
    show(nearest((event.clientX - box.left) * unit, (event.clientY - box.top) * unit, 24 * unit));
  }
  plane.addEventListener("pointermove", point);
  plane.addEventListener("pointerdown", point);
  plane.addEventListener("focus", () => { if (at < 0) show(nearest(500, 300, 1e4)); });
  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  plane.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    if (at < 0) { show(nearest(500, 300, 1e4)); return; }
    let best = -1, least = Infinity;
    places.forEach(([a, b], i) => {
      const x = a - places[at][0], y = b - places[at][1];
      const along = x * way[0] + y * way[1], across = Math.abs(x * way[1]) + Math.abs(y * way[0]);
      const cost = along + 2 * across;
      if (i !== at && along > 0 && shown(i) && cost < least) { least = cost; best = i; }
    });
    show(best);
  });
  for (const button of map.querySelectorAll("button[data-s]")) {
    button.addEventListener("click", () => {
      const s = button.dataset.s, off = !hidden.has(s);
      if (off) hidden.add(s); else hidden.delete(s);
      button.setAttribute("aria-pressed", String(!off));
      dots.forEach((d) => { if (d.dataset.s === s) d.style.display = off ? "none" : ""; });
    });
  }
}
