"use strict";
(function () {
  const table = document.getElementById("ranking");
  if (!table) {
    return;
  }
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const filters = document.getElementById("filters");
  const count = document.getElementById("count");
  const field = (id) => document.getElementById(id);

  function filter() {
    const name = field("by-name").value.trim().toLowerCase();
    const practice = field("by-practice").value;
    const least = parseFloat(field("by-index").value);
    rows.forEach(function (row) {
      const practices = row.dataset.practices.split(" ");
      row.hidden =
        !row.querySelector("th").dataset.value.toLowerCase().includes(name) ||
        (practice !== "" && !practices.includes(practice)) ||
        (least > 0 && parseFloat(row.dataset.index) < least);
    });
    const shown = rows.filter((row) => !row.hidden).length;
    field("shown").textContent = shown;
    count.classList.toggle("all", shown === rows.length);
  }

  function sort(head, column) {
    // a score is first wanted from its high end, a name and a rank from the low one
    const turned = { ascending: "descending", descending: "ascending" };
    const order = turned[head.getAttribute("aria-sort")] || head.dataset.first;
    const sign = order === "ascending" ? 1 : -1;
    const value = (row) => row.cells[column].dataset.value;
    const compare = head.dataset.words
      ? (a, b) => value(a).localeCompare(value(b), "zh-CN")
      : (a, b) => value(a) - value(b);
    rows.sort((a, b) => sign * compare(a, b));
    rows.forEach((row) => body.appendChild(row));
    Array.from(head.parentNode.cells).forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
  }

  Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", table.dataset.sort + head.textContent);
    head.appendChild(button);
    head.addEventListener("click", () => sort(head, column));
  });
  ["by-name", "by-practice", "by-index"].forEach(function (id) {
    field(id).addEventListener("input", filter);
    field(id).addEventListener("change", filter);
  });
  table.classList.add("sortable");
  filters.hidden = false;
  count.hidden = false;
  filter(); // a browser that goes back fills the fields in again
})();
