// What needs a script and works without it too: copying a link, and saying aloud that the list changed.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const said = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(field.value);
    said.textContent = "De link is gekopieerd.";
  } catch {
    said.textContent = "Kopiëren lukte niet. De link is geselecteerd: kopieer hem zelf.";
  }
});

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

// A screen reader hears the counts when they change, not the whole list every minute.
const counts = () => document.querySelector("[data-news]")?.dataset.news ?? "";
let before = counts();
document.addEventListener("htmx:afterSwap", (event) => {
  const now = counts();
  const news = document.getElementById("nieuws");
  if (event.target.id === "lijst" && news && now !== before) news.textContent = now;
  before = now;
});
