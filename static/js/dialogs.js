// Dialogs that htmx puts into #modal; toasts; failures.

const byId = (id) => document.getElementById(id);
const on = (name, handler) => document.addEventListener(name, handler, true);
const openDialog = () => document.querySelector("dialog[open]");
const isModal = ({ target }) => target?.id === "modal";
const isPoll = ({ elt }) => elt?.id === "first-request";
const forgetFailure = () => byId("failure")?.remove();

function fromTemplate(id, text) {
  const node = byId(id).content.firstElementChild.cloneNode(true);
  node.querySelector("span").textContent = text;
  return node;
}

// Ids of what gets the focus on closing, best first.
let focusNext = [];

function rememberFocus(link) {
  const menu = link.closest("[popover]");
  const opener = menu ? menu.previousElementSibling : link;
  const rows = [...document.querySelectorAll("[id^=actions-]")];
  const at = rows.indexOf(opener);
  focusNext = [opener, rows[at + 1], rows[at - 1]].map((element) => element?.id);
  menu?.hidePopover();
}

function restoreFocus() {
  (focusNext.map(byId).find(Boolean) ?? document.querySelector("h1")).focus();
}

function showScripted(root) {
  for (const element of root.querySelectorAll("[data-script]")) element.hidden = false;
}

function open(dialog) {
  const newKey = byId("new-key");
  if (newKey) focusNext.unshift(`actions-${newKey.value}`);
  showScripted(dialog);
  dialog.showModal();
  const invalid = dialog.querySelector("[aria-invalid=true]");
  invalid?.focus();
}

function closed(dialog) {
  for (const id of ["secret", "first-request"]) byId(id)?.remove();
  if (dialog.dataset.toast) toast(dialog.dataset.toast);
  restoreFocus();
}

function toast(text) {
  const node = fromTemplate("toast-template", text);
  const close = node.querySelector("button");
  let timer;
  close.onclick = () => node.remove();
  close.onblur = node.onmouseleave = () => (timer = setTimeout(close.onclick, 6000));
  close.onfocus = node.onmouseenter = () => clearTimeout(timer);
  close.onblur();
  byId("toasts").append(node);
}

function fail({ detail }) {
  if (isPoll(detail)) return;
  const { xhr, elt } = detail;
  let text = elt.closest("[data-failure]").dataset.failure;
  if (xhr.status < 500 && /^text.plain/.test(xhr.getResponseHeader("Content-Type")))
    text = xhr.responseText;
  forgetFailure();
  const node = fromTemplate("failure-template", text);
  node.querySelector("a").hidden = xhr.status !== 401;
  (openDialog() ?? document).querySelector("[data-failures]").prepend(node);
  node.scrollIntoView({ block: "nearest" });
}

function setBusy({ elt }, busy) {
  elt.querySelector(".form__foot [type=submit]")?.setAttribute("aria-disabled", busy);
}

on("htmx:configRequest", ({ detail: { headers, parameters } }) => {
  // Another tab may have signed in again.
  const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1];
  if (token) {
    headers["X-CSRFToken"] = token;
    parameters.delete("csrfmiddlewaretoken");
  }
});
on("htmx:beforeRequest", ({ detail }) => {
  if (isPoll(detail) || detail.elt.matches("[hx-trigger*=-changed]")) return;
  forgetFailure();
  setBusy(detail, true);
  if (isModal(detail) && !openDialog()) rememberFocus(detail.elt);
});
on("htmx:afterRequest", ({ detail }) => setBusy(detail, false));
on("htmx:responseError", fail);
on("htmx:sendError", fail);
on("htmx:beforeSwap", ({ detail }) => {
  // No request yet: nothing is announced.
  if (isPoll(detail) && detail.xhr.status === 200) detail.shouldSwap = false;
  if (isModal(detail) && detail.shouldSwap) openDialog()?.close();
});
on("htmx:afterSwap", ({ detail }) => {
  const dialog = byId("dialog");
  if (isModal(detail) && dialog) return open(dialog);
  const { activeElement, body } = document;
  if (/results$/.test(detail.target.id)) {
    if (activeElement === body) document.querySelector("#pages [aria-current]")?.focus();
    return;
  }
  // The focused may have gone, or better may have come.
  const at = focusNext.indexOf(activeElement.id);
  if (at > 0 || (focusNext[0] && activeElement === body)) restoreFocus();
});
on("dialog-done", ({ detail }) => {
  const dialog = openDialog();
  dialog?.close();
  if (dialog) restoreFocus();
  toast(detail.toast);
});
on("close", ({ target }) => target.id === "dialog" && closed(target));
on("click", (event) => {
  const dialog = event.target.closest("[data-close]")?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
on("keydown", (event) => {
  const { key, target } = event;
  if (key === "Escape" && openDialog()?.matches("[closedby=none]")) event.preventDefault();
  if (key === "Enter" && "noSubmit" in target.dataset) event.preventDefault();
});

// A whole key must not get into an address.
on("input", ({ target }) => {
  const cut = target.value.replace(/(dtvi_[A-Za-z0-9]{16})[A-Za-z0-9]+/g, "$1");
  if (target.id === "keys-q" && cut !== target.value) target.value = cut;
});

showScripted(document);
