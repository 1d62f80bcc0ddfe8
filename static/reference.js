// The API's reference: finding, and opening what an address names.

const find = document.querySelector("#find");
const found = document.querySelector("#found");
const entries = [...document.querySelectorAll("details.op")].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
}));

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, text } of entries) {
    element.hidden = !words.every((word) => text.includes(word));
    if (!element.hidden) count += 1;
  }
  for (const section of document.querySelectorAll(".reference section")) {
    section.hidden = !section.querySelector("details.op:not([hidden])");
  }
  found.textContent = words.length ? `${count} of ${entries.length}` : "";
}

// Not every browser opens what a fragment leads into.
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details.op");
  if (!details) return;
  if (details.hidden) {
    find.value = "";
    filter();
  }
  details.open = true;
  target.scrollIntoView();
}

find.addEventListener("input", filter);
addEventListener("hashchange", open);
filter();
open();
