/* Blackening by drawing: comfort only. Without this file two clicks make a box, and the picture keeps its size. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-draw]");
  const picture = form?.querySelector("input[type=image]");
  if (!picture) return;
  form.classList.add("draws"); /* the picture may shrink now: the scale is known here */
  const natural = Number(form.dataset.draw);
  const shown = Number(picture.getAttribute("width"));
  const pane = document.createElement("span");
  pane.className = "pane-of-box";
  let from = null;

  const spot = (event) => {
    const box = picture.getBoundingClientRect();
    const within = (value, most) => Math.max(0, Math.min(value, most));
    return { x: within(event.clientX - box.left, box.width), y: within(event.clientY - box.top, box.height) };
  };
  const send = (name, value) => {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  };
  const scaled = (pixels, whole) => Math.round(pixels * whole / picture.getBoundingClientRect().width);
  const draw = (to) => {
    Object.assign(pane.style, {
      left: Math.min(from.x, to.x) + picture.offsetLeft + "px", top: Math.min(from.y, to.y) + picture.offsetTop + "px",
      width: Math.abs(to.x - from.x) + "px", height: Math.abs(to.y - from.y) + "px",
    });
  };

  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    from = spot(event);
    draw(from);
    form.append(pane);
  });
  picture.addEventListener("pointermove", (event) => { if (from) draw(spot(event)); });
  picture.addEventListener("pointercancel", () => { from = null; pane.remove(); });
  picture.addEventListener("pointerup", (event) => {
    if (!from) return;
    const to = spot(event);
    const start = from;
    from = null;
    if (Math.abs(to.x - start.x) < 6 || Math.abs(to.y - start.y) < 6) { /* a click: one corner */
      pane.remove();
      send("at.x", scaled(start.x, shown));
      send("at.y", scaled(start.y, shown));
    } else {
      form.querySelector("input[name=corner]")?.remove();
      send("box", [Math.min(start.x, to.x), Math.min(start.y, to.y), Math.max(start.x, to.x), Math.max(start.y, to.y)]
        .map((pixels) => scaled(pixels, natural)).join(","));
    }
    form.submit();
  });
  picture.addEventListener("click", (event) => event.preventDefault());
})();
