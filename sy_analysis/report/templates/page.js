"use strict";
(() => {
  const root = document.documentElement, main = document.querySelector("main");
  const make = (tag, facts, ...parts) => {
    const element = Object.assign(document.createElement(tag), facts);
    element.append(...parts);
    return element;
  };

  // One language or both. The topmost thing in view stays where it is.
  const stored = () => { try { return localStorage.getItem("language") || ""; } catch { return ""; } };
  const store = (language) => { try { localStorage.setItem("language", language); } catch { /* private window */ } };
  const show = (language) => {
    const top = [...main.querySelectorAll("h1, h2, p:not([lang]), li, tr, img, svg")].find((e) => e.getBoundingClientRect().bottom > 0);
    const before = top?.getBoundingClientRect().top;
    root.dataset.language = language;
    for (const button of languages.children) button.setAttribute("aria-pressed", button.value === language);
    if (top?.getClientRects().length && scrollY > 0) scrollBy(0, top.getBoundingClientRect().top - before);
  };
  const languages = make("div", { className: "tools" });
  languages.setAttribute("role", "group");
  languages.setAttribute("aria-label", "语言 Language");
  for (const [value, label] of [["", "中英 both"], ["zh-CN", "中文"], ["en", "English"]]) {
    languages.append(make("button", { type: "button", value, onclick: () => { store(value); show(value); } }, label));
  }
  document.querySelector(".skip").after(languages);
  show(stored());

  // Tables sort by a column, within their groups; numbers as numbers, dashes last.
  const text = (row, column) => row.cells[column].textContent.trim();
  const amount = (value) => parseFloat(value.replace(/^[≥≤<>约]+|,/g, ""));
  const sort = (table, column, sign) => {
    const known = (value) => value && value !== "—";
    const cells = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.cells.length > 1);
    const numeric = cells.map((row) => text(row, column)).filter(known).every((value) => !isNaN(amount(value)));
    const compare = (a, b) => numeric ? amount(a) - amount(b) : a.localeCompare(b, "zh-CN");
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => row.cells.length > 1);
      rows.sort((one, other) => {
        const a = text(one, column), b = text(other, column);
        return known(a) && known(b) ? sign * compare(a, b) : known(b) - known(a);
      });
      body.append(...rows);
    }
  };
  for (const table of main.querySelectorAll("table")) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const heads = [...(table.tHead?.rows[0].cells ?? [])].filter((head) => head.tagName === "TH");
    if (rows.length < 3 || heads.length < 2) continue;
    for (const head of heads) {
      if (head.querySelector("a")) continue;
      const button = make("button", { type: "button" }, ...head.childNodes);
      button.onclick = () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(table, head.cellIndex, up ? 1 : -1);
      };
      head.append(button);
    }
    if (rows.length < 12) continue;
    const box = make("input", { type: "search" });
    box.oninput = () => {
      const wanted = box.value.trim().toLowerCase();
      for (const body of table.tBodies) {
        const members = [...body.rows].filter((row) => row.cells.length > 1);
        for (const row of members) row.hidden = !row.textContent.toLowerCase().includes(wanted);
        for (const head of [...body.rows].filter((row) => row.cells.length === 1)) head.hidden = members.every((row) => row.hidden);
      }
    };
    table.parentElement.before(make("p", { className: "filter" }, make("label", {}, "筛选 Filter ", box)));
  }
})();
