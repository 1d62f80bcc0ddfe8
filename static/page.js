// What every page does: fresh times, copy buttons, news that come and news that stay away.

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
for (const element of document.querySelectorAll("[data-no-script]")) element.hidden = true;

// Moments: never staler than half a minute.
function ago(then, now) {
  const seconds = (now - then) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return null; // the server's words: a date
}
function freshen() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const text = ago(new Date(element.dateTime), Date.now());
    if (text && element.textContent !== text) element.textContent = text;
  }
}
setInterval(freshen, 10_000);

// On a narrow screen tabs go sideways: the present one is in sight.
// The tabs alone are moved: the page may stand at a field or a line already.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) {
  const tabs = tab.closest(".tabs");
  const [at, around] = [tab.getBoundingClientRect(), tabs.getBoundingClientRect()];
  tabs.scrollLeft += at.left - around.left - (around.width - at.width) / 2;
}

// Copying: only where the browser lets us (HTTPS, or localhost).
function offerCopies(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}
offerCopies(document);
document.addEventListener("htmx:after:swap", () => offerCopies(document));
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
});

// News: when the connection breaks, the page says since when; when it is back, it looks at all.
const live = document.getElementById("live");
const offline = document.getElementById("offline");
if (live && offline) {
  let lostAt = null;
  let pause = 1000;
  const lost = () => {
    lostAt ??= new Date();
    const clock = lostAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    offline.textContent = `No connection since ${clock}: what you see may be old. Trying again…`;
    offline.hidden = false;
  };
  // The extension comes back by itself from a stream that broke; a first one that failed is ours.
  const again = (event) => {
    if (event.target !== live) return;
    event.preventDefault();
    lost();
    setTimeout(() => htmx.ajax("GET", live.getAttribute("data-hx-sse:connect"), { source: live }), pause);
    pause = Math.min(2 * pause, 30_000);
  };
  live.addEventListener("htmx:response:error", again);
  live.addEventListener("htmx:error", again);
  live.addEventListener("htmx:sse:error", lost);
  live.addEventListener("htmx:sse:after:connection", (event) => {
    if (event.detail.connection.status === 204) {
      location.reload(); // the session has ended: to the login, and back here
      return;
    }
    offline.hidden = true;
    pause = 1000;
    if (lostAt || event.detail.connection.attempt > 0) live.dispatchEvent(new Event("changed", { bubbles: true }));
    lostAt = null;
  });
}
