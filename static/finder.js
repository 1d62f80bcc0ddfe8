// The search: "/" or ⌘K opens it, arrows walk through what was found, Enter goes to the first.
// Without scripts its link leads to a page that does the same.

const finder = document.getElementById("finder");
const input = finder?.querySelector("input");

function open() {
  if (finder.open) return;
  finder.showModal();
  input.select();
  input.dispatchEvent(new Event("opened"));
}

document.addEventListener("keydown", (event) => {
  const chord = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!chord && !(slash && !event.target.matches("input, textarea, select"))) return;
  // A page with a search of its own has "/" for that one.
  const own = slash && document.querySelector("main #find");
  if (!own && !finder) return;
  event.preventDefault();
  if (own) own.focus();
  else open();
});

document.querySelector("[data-finder]")?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

// A click beside it closes it.
finder?.addEventListener("click", (event) => {
  if (event.target === finder) finder.close();
});

finder?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const stops = [input, ...finder.querySelectorAll(".found a")];
  const next = stops.indexOf(document.activeElement) + step;
  stops[(next + stops.length) % stops.length].focus();
});

// What is shown may be of fewer letters than were typed: then the page answers.
finder?.querySelector("form").addEventListener("submit", (event) => {
  const found = finder.querySelector(".found");
  const first = found.querySelector("a");
  if (!first || found.dataset.of !== input.value.trim()) return;
  event.preventDefault();
  first.click();
});
