"use strict";
// Without this script every table is complete and in order; with it, it can be sorted and filtered.
(() => {
  const value = (row, at) => {
    const cell = row.cells[at];
    const text = (cell.querySelector("a") ?? cell).textContent.trim();
    const plain = text.replace(/,/g, "");
    return /^\d+$/.test(plain) ? Number(plain) : text === "–" ? "" : text.toLowerCase();
  };
  const order = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other
      : String(one).localeCompare(String(other), "en");
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [value(row, at), row]);
        rows.sort((one, other) => (down ? -1 : 1) * order(one[0], other[0]));
        body.append(...rows.map((pair) => pair[1]));
      });
    });
  }
  const form = document.querySelector("form.filter");
  if (form) {
    form.hidden = false;
    const rows = [...document.querySelectorAll("#pairs tbody tr")];
    const filter = () => {
      const text = form.elements.text.value.trim().toLowerCase();
      const support = form.elements.support.value;
      let shown = 0;
      for (const row of rows) {
        const names = `${value(row, 0)} ${value(row, 1)}`;
        row.hidden = !names.includes(text) || (support !== "" && row.dataset.support !== support);
        shown += row.hidden ? 0 : 1;
      }
      form.querySelector("output").textContent = `${shown} of ${rows.length} rows`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  const find = document.querySelector("form.find");
  if (find) {
    // Every label has one permanent address; its name is the first heading of that place.
    const places = new Map();
    for (const place of document.querySelectorAll("[id^=label-]")) {
      const name = place.querySelector(".name, th[scope=row]");
      if (name) places.set(name.textContent.trim(), place.id);
    }
    const list = find.querySelector("datalist");
    for (const name of [...places.keys()].sort((one, other) => one.localeCompare(other, "en"))) {
      const option = document.createElement("option");
      option.value = name;
      list.append(option);
    }
    find.hidden = false;
    find.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = find.elements.label.value.trim().toLowerCase();
      const names = [...places.keys()];
      const hit = names.find((name) => name.toLowerCase() === text)
        ?? names.find((name) => name.toLowerCase().startsWith(text))
        ?? names.find((name) => name.toLowerCase().includes(text));
      const said = find.querySelector("output");
      said.textContent = text && !hit ? "No such label in these files." : "";
      if (!text || !hit) return;
      const hash = `#${encodeURIComponent(places.get(hit))}`;
      if (location.hash === hash) open();
      else location.hash = hash;
    });
  }
  // A link into a closed list opens it.
  const open = () => {
    let at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const target = at;
    for (; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (!target) return;
    target.scrollIntoView();
    // Readers who do not see the page go on reading there.
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  open();
})();
