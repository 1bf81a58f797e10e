// Everything that pages do in the browser: dialogs, failures, row menus, whole keys.

const byId = (id) => document.getElementById(id);
const on = (name, handler) => document.addEventListener(name, handler, true);
const openDialog = () => document.querySelector("dialog[open]");
const isModal = ({ target }) => target?.id === "modal";
// What asks again and again by itself disturbs nobody, whatever becomes of it.
const isPoll = ({ requestConfig }) => requestConfig.elt.matches("[data-poll]");
// What is shown anew after a change, behind the dialog that made it.
const isRefresh = ({ requestConfig }) => requestConfig.elt.matches("[hx-trigger*=-changed]");
const forgetFailure = () => byId("failure")?.remove();

// A whole key: copied, and guarded while it is revealed, which is once. Its guard hears
// of clicks before what closes dialogs.

const find = (reveal, name) => reveal.querySelector(`[data-${name}]`);

function plainText(element, reveal) {
  const copy = element.cloneNode(true);
  for (const mask of copy.querySelectorAll("[data-mask]"))
    mask.textContent = find(reveal, "secret").textContent;
  return copy.textContent;
}

function say(reveal, text, shown) {
  const status = find(reveal, "copy-status");
  status.classList.toggle("is-shown", shown);
  status.textContent = text;
}

function guard(reveal, shown) {
  const box = find(reveal, "guard");
  for (const element of box.parentElement.children) element.hidden = (element !== box) === shown;
}

function keep(reveal) {
  reveal.dataset.kept = "";
  guard(reveal, false);
}

// There is no clipboard on plain http, where the old command still works.
async function write(text, reveal) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    reveal.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

async function copy(button, reveal) {
  const source =
    byId(button.dataset.copy) ??
    [...reveal.querySelectorAll("pre")].find((pre) => pre.offsetParent);
  if (!(await write(plainText(source, reveal), reveal))) {
    getSelection().selectAllChildren(find(source, "mask") ? find(reveal, "secret") : source);
    say(reveal, "Press Ctrl+C to copy.", true);
    return;
  }
  button.focus();
  button.classList.add("is-done");
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace("#copy", "#check"));
  const label = button.querySelector("span");
  if (label) label.textContent = "Copied";
  if (label || find(source, "mask")) keep(reveal);
  say(reveal, button.dataset.said, false);
}

function download(reveal) {
  const text = plainText(reveal.querySelector("[data-snippet=env]"), reveal);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text, "\n"]));
  // A file named .env would be saved as env.txt.
  link.download = "datature-vi.env";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
  keep(reveal);
}

on("click", (event) => {
  const button = event.target.closest("[data-copies] :is(a, button)");
  if (!button) return;
  const reveal = button.closest("[data-copies]");
  const is = (name) => name in button.dataset;
  if (is("copy")) copy(button, reveal);
  if (is("download")) download(reveal);
  if (is("guardBack")) {
    guard(reveal, false);
    find(reveal, "copy").focus();
  }
  if (is("guardClose")) {
    keep(reveal);
    find(reveal, "close").click();
  }
  if (!is("close") || "kept" in reveal.dataset) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  guard(reveal, true);
  find(reveal, "guard-back").focus();
});
// Ctrl+C on the key counts too.
on("copy", ({ target }) => {
  const reveal = target.closest?.("#reveal");
  if (reveal && getSelection().containsNode(find(reveal, "secret"), true)) keep(reveal);
});
// Leaving asks, too.
addEventListener("beforeunload", (event) => {
  if (document.querySelector("#reveal:not([data-kept]) [data-secret]")) event.preventDefault();
});
addEventListener("pagehide", () => find(document, "secret")?.replaceChildren());

// One that is pasted gets into no request: it is cut at once. The field that data-cut
// names takes what is public of the first; where there is none, nothing is sent at all.
const aKey = /dtvi_[A-Za-z0-9]{6,16}/;

function sayNone(field, isNone) {
  field.ariaInvalid = isNone;
  const sentence = isNone ? byId("key-none").content.cloneNode(true) : "";
  byId("key-said").replaceChildren(sentence);
}

on("input", ({ target, inputType }) => {
  const { value, dataset } = target;
  if (!("cut" in dataset)) return;
  const text = value.replace(/(dtvi_[A-Za-z0-9]{16})[A-Za-z0-9]+/g, "$1");
  if (text !== value) target.value = text;
  const field = byId(dataset.cut);
  if (!field) return;
  field.value = text.match(aKey)?.[0] ?? "";
  sayNone(field, !field.value && inputType === "insertFromPaste");
});
on("submit", (event) => {
  const field = byId("id_key");
  if (event.target.id !== "identify-form" || aKey.test(field.value)) return;
  event.preventDefault();
  event.stopPropagation();
  sayNone(field, true);
  field.focus();
});

// Dialogs that htmx puts into #modal; toasts; failures.

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
  for (const element of root.querySelectorAll("[data-script]")) {
    element.hidden = false;
    element.closest("#identify-form")?.setAttribute("novalidate", "");
  }
}

function open(dialog) {
  const newKey = byId("new-key");
  if (newKey) focusNext.unshift(`actions-${newKey.value}`);
  showScripted(dialog);
  dialog.showModal();
  dialog.querySelector("[aria-invalid=true]")?.focus();
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
  ((!isRefresh(detail) && openDialog()) || document).querySelector("[data-failures]").prepend(node);
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
on("htmx:beforeRequest", (event) => {
  const { detail } = event;
  if (isPoll(detail)) {
    // An open menu or selected text would be swapped away, and nobody looks at a hidden page.
    const isInUse = document.querySelector(":popover-open") || `${getSelection()}`;
    if (document.hidden || isInUse) event.preventDefault();
    return;
  }
  if (isRefresh(detail)) return;
  forgetFailure();
  setBusy(detail, true);
  if (isModal(detail) && !openDialog()) rememberFocus(detail.elt);
});
on("htmx:afterRequest", ({ detail }) => setBusy(detail, false));
on("htmx:responseError", fail);
on("htmx:sendError", fail);
on("htmx:beforeSwap", ({ detail }) => {
  if (isModal(detail) && detail.shouldSwap) openDialog()?.close();
});
on("htmx:afterSwap", ({ target, detail }) => {
  showMenus(target);
  if (isPoll(detail)) return;
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

// Row menus: roles and arrow keys.

const itemsOf = (menu) => [...menu.querySelectorAll("a")];

function showMenus(root) {
  for (const menu of root.querySelectorAll("[data-menu]")) {
    const button = menu.previousElementSibling;
    menu.role = "menu";
    menu.setAttribute("aria-labelledby", button.id);
    button.ariaHasPopup = "menu";
    for (const item of itemsOf(menu)) {
      item.role = "menuitem";
      item.tabIndex = -1;
    }
  }
}

on("keydown", (event) => {
  const { key, target } = event;
  if (key === "Escape" && openDialog()?.matches("[closedby=none]")) event.preventDefault();
  if (key === "Enter" && "noSubmit" in target.dataset) event.preventDefault();
  const menu = target.closest("[data-menu]");
  if (!menu) {
    const next = target.nextElementSibling;
    if (next?.role !== "menu" || !/^Arrow(Down|Up)$/.test(key)) return;
    event.preventDefault();
    target.click();
    return itemsOf(next).at(key === "ArrowUp" ? -1 : 0).focus();
  }
  if (key === "Tab") menu.hidePopover();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const items = itemsOf(menu);
  const at = items.indexOf(target);
  const later = [...items.slice(at + 1), ...items];
  const goal = {
    ArrowDown: later[0],
    ArrowUp: items.at(at - 1),
    Home: items[0],
    End: items.at(-1),
  }[key] ?? later.find((item) => item.textContent.trim().toLowerCase().startsWith(key));
  if (key === " ") target.click();
  if (key === " " || goal) event.preventDefault();
  goal?.focus();
});

on("toggle", ({ target: menu, newState }) => {
  if (menu.role === "menu" && newState === "open" && !menu.contains(document.activeElement))
    itemsOf(menu)[0].focus();
});

showScripted(document);
showMenus(document);
(document.querySelector("[aria-invalid=true]") ?? byId("identify-text"))?.focus();
