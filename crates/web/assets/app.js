// Everything here makes pages quicker; none of them needs it.
"use strict";
(() => {
  const fetched = (address) =>
    fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } });

  // A form whose answer follows what is typed.
  for (const form of document.querySelectorAll("form[data-live]")) {
    const into = document.getElementById(form.dataset.live);
    let last = 0;
    let timer;
    const ask = async () => {
      const mine = ++last;
      const query = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
      const address = form.getAttribute("action") + (query.size ? "?" + query : "");
      history.replaceState(null, "", address);
      query.set("part", "1");
      const answer = await fetched(form.getAttribute("action") + "?" + query);
      // What was asked for later counts, whichever comes first.
      if (mine === last && answer.ok) {
        into.innerHTML = await answer.text();
        rows();
      }
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask();
    });
  }

  // A page that follows something under way.
  const poll = document.querySelector("[data-poll]");
  if (poll) {
    const look = async () => {
      const answer = await fetched(poll.dataset.poll);
      if (answer.ok) poll.innerHTML = await answer.text();
      if (!poll.querySelector("[data-over]")) setTimeout(look, 700);
    };
    setTimeout(look, 400);
  }

  // The list of devices by the keyboard: j and k go, x picks, Enter opens.
  let at = -1;
  let lines = [];
  const rows = () => {
    lines = [...document.querySelectorAll("table[data-rows] tbody tr")];
    at = -1;
  };
  rows();
  const go = (to) => {
    if (!lines.length) return;
    if (at >= 0) lines[at].classList.remove("at");
    at = Math.max(0, Math.min(lines.length - 1, to));
    lines[at].classList.add("at");
    lines[at].querySelector("th a").focus();
    lines[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (typing && event.target.type !== "checkbox") {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const named = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (named) {
      event.preventDefault();
      if (named.matches("a")) named.click();
      else named.focus();
    } else if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "x" && at >= 0) {
      lines[at].querySelector("input[type=checkbox]").click();
    }
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const line of lines) {
      line.querySelector("input[type=checkbox]").checked = event.target.checked;
    }
  });

  // Files are dropped anywhere on the page, and their way is shown.
  const drop = document.querySelector("form[data-drop]");
  if (drop) {
    const files = drop.querySelector("input[type=file]");
    const bar = drop.querySelector("progress");
    addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files.length) files.files = event.dataTransfer.files;
    });
    drop.addEventListener("submit", (event) => {
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (told) => {
        bar.classList.remove("hidden");
        if (told.lengthComputable) bar.value = told.loaded / told.total;
      });
      request.addEventListener("load", () => {
        if (request.status < 400) location.assign(request.responseURL);
        else {
          const page = new DOMParser().parseFromString(request.responseText, "text/html");
          document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
        }
      });
      request.open("POST", drop.action);
      request.send(new FormData(drop));
    });
  }
})();
