/* Comfort only: every page works without this file. No dependency; htmx events are listened to if they come. */
(() => {
  "use strict";
  const each = (root, selector, visit) => root.querySelectorAll(selector).forEach(visit);

  /* A form that came back with mistakes: lead there at once. */
  const focusMistakes = (root) => root.querySelector(".mistakes")?.focus();

  /* Send once. The button stays enabled, or its name and value would be missing from what is sent. */
  const sending = new WeakSet();
  const release = (form) => {
    sending.delete(form);
    each(form, "[aria-disabled=true]", (button) => button.removeAttribute("aria-disabled"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (sending.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sending.add(form);
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(() => release(form), 15000);
  }, true);
  window.addEventListener("pageshow", () => each(document, "form", release));

  /* Ticks on a list, kept on this device only. */
  const store = {
    read(key) { try { return JSON.parse(localStorage.getItem(key)) || []; } catch { return []; } },
    write(key, ticked) { try { localStorage.setItem(key, JSON.stringify(ticked)); } catch { /* private window: not kept */ } },
  };
  const rememberTicks = (list) => {
    const key = "ticks:" + list.dataset.remember;
    const boxes = [...list.querySelectorAll("input[type=checkbox]")];
    const ticked = store.read(key);
    boxes.forEach((box) => { box.checked = ticked.includes(box.value); });
    list.addEventListener("change", () => store.write(key, boxes.filter((box) => box.checked).map((box) => box.value)));
  };

  /* Copy and print: buttons that are hidden unless they can work. */
  const offerCopy = (button) => {
    if (!navigator.clipboard) return;
    const label = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 3000);
    });
  };
  const offerPrint = (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  };

  /* How much room is left in a text. Nothing is ever cut off while typing or pasting. */
  const countDown = (area) => {
    const line = document.getElementById(area.id + "-left");
    if (!line) return;
    const show = () => {
      const left = Number(area.dataset.limit) - area.value.length;
      line.textContent = (left < 0 ? line.dataset.over : line.dataset.left).replace("{n}", Math.abs(left).toLocaleString(document.documentElement.lang));
      line.classList.toggle("error", left < 0);
    };
    area.addEventListener("input", show);
    show();
  };

  /* A photo of a code is read as soon as it is chosen. */
  const sendAtOnce = (input) => input.addEventListener("change", () => { if (input.files.length) input.form.requestSubmit(); });

  /* Where the browser reads codes itself, its camera fills the field; elsewhere the button stays hidden. */
  const offerScan = (button) => {
    if (!("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia)) return;
    const label = button.textContent;
    let video = null;
    const stop = () => {
      video?.srcObject?.getTracks().forEach((track) => track.stop());
      video?.remove();
      video = null;
      button.textContent = label;
    };
    const look = async (detector) => {
      if (!video) return;
      const found = await detector.detect(video).catch(() => []);
      const field = document.getElementById(button.dataset.scan);
      if (!found.length) { setTimeout(look, 150, detector); return; }
      field.value = found[0].rawValue;
      stop();
      field.form.requestSubmit();
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (video) { stop(); return; }
      video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
      button.before(video);
      button.textContent = button.dataset.stop;
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        await video.play();
        look(new BarcodeDetector({ formats: ["qr_code", "code_128"] }));
      } catch {
        stop();
        button.textContent = button.dataset.failed;
      }
    });
  };

  const once = (selector, visit) => (root) => each(root, selector, (element) => {
    if (element.dataset.ready) return;
    element.dataset.ready = "";
    visit(element);
  });
  const furnishings = [
    once("[data-remember]", rememberTicks), once("[data-copy]", offerCopy),
    once("[data-print]", offerPrint), once("[data-send]", sendAtOnce), once("[data-scan]", offerScan), once("textarea[data-limit]", countDown),
  ];
  const furnish = (root) => furnishings.forEach((furnishing) => furnishing(root));

  /* A poll must not take away what somebody is typing or choosing inside the panel. */
  const busy = (panel) => {
    const active = document.activeElement;
    return panel.contains(active) && active.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select");
  };
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement, target } = event.detail.ctx;
    if (sourceElement.matches("[data-poll]") && busy(target)) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    furnish(document);
    if (event.detail.ctx.sourceElement === document.body) document.getElementById("main")?.focus({ preventScroll: true }); /* another page */
    if (!event.detail.ctx.sourceElement.matches("[data-poll]")) focusMistakes(document);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.detail.ctx.sourceElement.closest("form");
    if (form) release(form);
  });

  /* Say so when something pressed could not be done. A poll stays silent and tries again. */
  const lost = document.getElementById("lost");
  const say = (reason) => (event) => {
    const { sourceElement, response } = event.detail.ctx;
    if (!lost || sourceElement.matches("[data-poll]") || [401, 409, 422].includes(response?.status)) return;
    lost.textContent = lost.dataset[reason];
    lost.hidden = false;
    setTimeout(() => { lost.hidden = true; }, 12000);
  };
  document.addEventListener("htmx:error", say("offline"));
  document.addEventListener("htmx:response:error", say("refused"));

  /* A hand scanner types wherever the focus is: the next code belongs into its field, and must not press the button. */
  document.addEventListener("keydown", (event) => {
    const field = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey
      && document.getElementById(event.target.dataset?.typingGoesTo);
    if (!field) return;
    field.value = "";
    field.focus();
  });

  const focusDeed = (root) => { if (!root.querySelector(".mistakes")) root.querySelector("[data-typing-goes-to]")?.focus(); };

  /* An open account menu closes with Escape or a press beside it. */
  const closeMenus = (except) => each(document, "details.menu[open]", (menu) => { if (!menu.contains(except)) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    each(document, "details.menu[open]", (menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });

  /* At the desk a row shows its decision beside the list, where there is room; elsewhere it is a plain link. */
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-pane]");
    const pane = document.getElementById("pane");
    if (!row) return;
    if (!(pane && pane.offsetParent)) event.stopImmediatePropagation();
    else if (row.hasAttribute("aria-current") && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault(); /* it is shown already, and what is typed there must stay */
      event.stopImmediatePropagation();
      pane.focus({ preventScroll: true });
    }
  }, true);
  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (!sourceElement.matches("[data-pane]")) return;
    each(document, "[data-pane][aria-current]", (row) => row.removeAttribute("aria-current"));
    sourceElement.setAttribute("aria-current", "true");
    document.getElementById("pane")?.focus({ preventScroll: true });
  });

  furnish(document);
  focusMistakes(document);
  focusDeed(document);
})();
