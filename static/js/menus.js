// Row menus: roles and arrow keys.

const on = (name, handler) => document.addEventListener(name, handler, true);
const itemsOf = (menu) => [...menu.querySelectorAll("a")];

function prepare(root) {
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

on("htmx:afterSwap", ({ target }) => prepare(target));
prepare(document);
