"use strict";
// Esc puts away the scores that cover the lines below (WCAG 2.2, 1.4.13)
document.addEventListener("keydown", function (event) {
  if (event.key === "Escape") {
    document.documentElement.classList.add("hushed");
  }
});
["mouseover", "focusin"].forEach(function (kind) {
  document.addEventListener(kind, function (event) {
    if (event.target.closest("mark")) {
      document.documentElement.classList.remove("hushed");
    }
  });
});
