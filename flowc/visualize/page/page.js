"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const view = document.getElementById("view");
  const svg = view.querySelector("svg");
  const slider = document.getElementById("failure");
  const said = document.getElementById("said");
  const panel = document.getElementById("facts");
  const story = document.getElementById("story");
  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const drawn = (id) => document.getElementById(data.names[id] ?? "");

  // Pan and zoom
  let scale = 1, x = 0, y = 0;
  const size = { width: svg.viewBox.baseVal?.width || 1, height: svg.viewBox.baseVal?.height || 1 };
  svg.setAttribute("width", size.width);
  svg.setAttribute("height", size.height);
  const place = () => { svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`; };
  const fit = () => {
    scale = Math.max(0.1, Math.min(view.clientWidth / size.width, 1.3));
    x = Math.max(0, (view.clientWidth - size.width * scale) / 2);
    y = 0;
    place();
  };
  const zoom = (factor, atX = view.clientWidth / 2, atY = view.clientHeight / 2) => {
    const next = Math.max(0.1, Math.min(scale * factor, 8));
    x = atX - ((atX - x) * next) / scale;
    y = atY - ((atY - y) * next) / scale;
    scale = next;
    place();
  };
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      const box = view.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 200), event.clientX - box.left, event.clientY - box.top);
    } else {
      x -= event.deltaX;
      y -= event.deltaY;
      place();
    }
  }, { passive: false });
  let drag = null;
  view.addEventListener("pointerdown", (event) => {
    drag = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
  });
  view.addEventListener("pointermove", (event) => {
    if (!drag || drag.id !== event.pointerId) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
    if (!drag.moved) view.setPointerCapture(event.pointerId);
    drag.moved = true;
    view.classList.add("dragging");
    x += event.clientX - drag.x;
    y += event.clientY - drag.y;
    drag.x = event.clientX;
    drag.y = event.clientY;
    place();
  });
  const drop = () => { drag = null; view.classList.remove("dragging"); };
  view.addEventListener("pointerup", drop);
  view.addEventListener("pointercancel", drop);
  document.getElementById("fit").addEventListener("click", fit);
  document.getElementById("in").addEventListener("click", () => zoom(1.25));
  document.getElementById("out").addEventListener("click", () => zoom(0.8));
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    const keys = { "+": () => zoom(1.25), "-": () => zoom(0.8), "0": fit };
    keys[event.key]?.();
  });

  // Facts of a box
  const choose = (id) => {
    svg.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    drawn(id)?.classList.add("chosen");
    const facts = data.facts[id];
    panel.replaceChildren(element("h2", facts.title));
    const list = element("dl");
    for (const [name, value] of facts.rows) list.append(element("dt", name), element("dd", value));
    panel.append(list);
  };
  for (const id of Object.keys(data.facts)) {
    const box = drawn(id);
    if (!box) continue;
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "button");
    box.addEventListener("click", () => choose(id));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(id);
      }
    });
  }

  // What a failure undoes
  const badges = new Map();
  for (const id of Object.keys(data.names)) {
    const badge = drawn(id)?.querySelector(`text[fill="${data.badge}"]`);
    if (badge) badges.set(id, { badge, number: badge.textContent });
  }
  // Each compensation wears its place in the order of undoing: of all, or of the chosen failure.
  const count = (chosen) => {
    badges.forEach(({ badge, number }, id) => {
      const place = chosen ? chosen.undone.findIndex((group) => group.includes(id)) + 1 : 0;
      badge.textContent = place ? String(place) : chosen ? "–" : number;
    });
  };
  const bring = (id) => {
    const box = drawn(id)?.getBoundingClientRect();
    const seen = view.getBoundingClientRect();
    if (!box || (box.top >= seen.top && box.bottom <= seen.bottom
      && box.left >= seen.left && box.right <= seen.right)) return;
    x += seen.left + seen.width / 2 - (box.left + box.width / 2);
    y += seen.top + seen.height / 2 - (box.top + box.height / 2);
    place();
  };
  const show = () => {
    const chosen = data.failures[Number(slider.value) - 1];
    count(chosen);
    svg.classList.toggle("failing", Boolean(chosen));
    for (const name of ["failed", "undone", "passed", "end"]) {
      svg.querySelectorAll(`.${name}`).forEach((one) => one.classList.remove(name));
    }
    story.replaceChildren();
    story.hidden = !chosen;
    said.value = chosen ? chosen.title : "nothing fails";
    if (!chosen) return;
    [...chosen.before, ...chosen.asked].forEach((id) => drawn(id)?.classList.add("passed"));
    drawn(chosen.node)?.classList.add("failed");
    [...chosen.undone.flat(), ...chosen.fork].forEach((id) => drawn(id)?.classList.add("undone"));
    drawn(chosen.ends)?.classList.add("end");
    chosen.arrows.forEach((name) => {
      for (const part of [name, `${name}-words`]) {
        document.getElementById(part)?.classList.add("undone");
      }
    });
    bring(chosen.node);
    story.append(element("h2", chosen.title));
    if (chosen.steps.length) {
      const list = element("ol");
      chosen.steps.forEach((step) => list.append(element("li", step)));
      story.append(list);
    }
    story.append(element("p", chosen.ending));
  };
  slider.max = String(data.failures.length);
  slider.addEventListener("input", show);
  window.addEventListener("resize", place);
  show();
  fit();
})();
