"use strict";
// Without this script every table is complete and in order; with it, it can be sorted and filtered.
(() => {
  const value = (row, at) => {
    const text = row.cells[at].textContent.trim();
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
        const names = `${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase();
        row.hidden = !names.includes(text) || (support !== "" && row.dataset.support !== support);
        shown += row.hidden ? 0 : 1;
      }
      form.querySelector("output").textContent = `${shown} of ${rows.length} rows`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  // A link into a closed list opens it.
  const open = () => {
    let at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const target = at;
    for (; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
})();
