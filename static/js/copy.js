// Copies, and guards the reveal of a key, which is in the page once.

const on = (name, handler) => document.addEventListener(name, handler, true);
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
    document.getElementById(button.dataset.copy) ??
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
