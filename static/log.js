// A log: follows its end until one scrolls up, then says how many lines wait; wraps or not.

const LINES_MAX = 2000;

for (const box of document.querySelectorAll("[data-log]")) {
  const lines = box.querySelector(".log");
  const follow = box.querySelector("[data-follow]");
  const label = follow.querySelector("span");
  let waiting = 0;

  const atEnd = () => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
  let end = 0; // where the following last put the log
  const toEnd = () => {
    lines.scrollTop = lines.scrollHeight;
    end = lines.scrollTop;
  };
  let following = lines.id === "lines";

  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  const broke = lines.querySelector(".line.bad:last-of-type") && [...lines.querySelectorAll(".line.bad")].at(-1);
  if (wanted) {
    wanted.scrollIntoView({ block: "center" });
    following = false;
  } else if (following) {
    toEnd();
    if (broke && document.querySelector(".failure")) lines.scrollTop = broke.offsetTop - lines.offsetTop - lines.clientHeight / 2;
  }

  const show = () => {
    follow.hidden = following || lines.id !== "lines" || atEnd();
    label.textContent = waiting ? `${waiting} new ${waiting === 1 ? "line" : "lines"}` : "To the end";
  };
  lines.addEventListener("scroll", () => {
    following = atEnd();
    end = lines.scrollTop;
    if (following) waiting = 0;
    show();
  });
  follow.addEventListener("click", () => {
    following = true;
    waiting = 0;
    toEnd();
    show();
  });

  new MutationObserver((records) => {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.nodeType === 1);
    if (!added.length) return;
    box.querySelector("[data-log-empty]")?.remove();
    if (!added.includes(lines.lastElementChild)) return; // earlier ones, above
    if (lines.scrollTop < end) following = false; // scrolled up, and the event is still to come
    waiting += following ? 0 : added.length;
    if (following) {
      while (lines.childElementCount > LINES_MAX) lines.firstElementChild.remove();
      toEnd();
    }
    show();
  }).observe(lines, { childList: true });

  const wrap = box.querySelector("[data-wrap]");
  wrap.checked = localStorage.getItem("log-wrap") !== "no";
  lines.classList.toggle("nowrap", !wrap.checked);
  wrap.addEventListener("change", () => {
    lines.classList.toggle("nowrap", !wrap.checked);
    localStorage.setItem("log-wrap", wrap.checked ? "yes" : "no");
  });
  show();
}
