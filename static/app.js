// What the pages gain when scripts run; without them every page still works.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const byId = (id) => document.getElementById(id);
  const say = (box, words) => {
    box.textContent = ""; // an unchanged text would not be read out again
    setTimeout(() => { box.textContent = words; }, 60);
  };

  // htmx: the token against forged requests travels in a header
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  });

  // htmx: what the server marked in its answer gets the focus, or is read out
  const marked = (root, mark) => (root.matches?.(mark) ? root : root.querySelector?.(mark));
  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.detail.elt;
    marked(root, "[data-focus]")?.focus();
    const spoken = marked(root, "[data-announce]");
    if (spoken) say(byId("live"), spoken.dataset.announce);
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => say(byId("alert"), byId("alert").dataset.failed));
  }
  document.querySelector("main [data-focus]")?.focus();

  // copy buttons: <button class="js-only" data-copy="id of the text">
  const select = (element) => {
    if (element.select) { element.select(); return; }
    getSelection().selectAllChildren(element);
  };
  const copy = async (element) => {
    try {
      await navigator.clipboard.writeText((element.value ?? element.textContent).trim());
      return true;
    } catch { // no clipboard without https, or the browser said no: leave the text selected
      select(element);
      return false;
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const live = byId("live");
    const copied = await copy(byId(button.dataset.copy));
    say(live, copied ? live.dataset.copied : live.dataset.selected);
    if (!copied) return;
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 2500);
  });

  // a second press while the first is on its way sends nothing
  const SECOND_PRESS = 4000;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, SECOND_PRESS);
  });
})();
