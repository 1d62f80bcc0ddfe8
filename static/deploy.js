// Deploying by dropping: a folder is packed here, an archive goes as it is; then its page follows.

const SKIPPED = new Set([".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__", ".DS_Store", ".sota.json"]);
const BLOCK = 512;
const encoder = new TextEncoder();

for (const form of document.querySelectorAll("[data-deploy]")) {
  const archive = form.querySelector("#archive");
  const folder = form.querySelector("#folder");
  const progress = form.querySelector(".drop-progress");
  const bar = progress.querySelector("progress");
  const says = progress.querySelector("span");
  let busy = false;

  const say = (text, percent) => {
    progress.hidden = false;
    says.textContent = text;
    if (percent === undefined) bar.removeAttribute("value");
    else bar.value = percent;
  };

  const fail = (nodes) => {
    busy = false;
    progress.hidden = true;
    form.parentElement.querySelectorAll("[data-error]").forEach((old) => old.remove());
    form.before(...nodes);
    form.reset();
  };

  const failWith = (text) => {
    const box = document.createElement("div");
    box.className = "trouble";
    box.dataset.error = "";
    box.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = text;
    box.append(line);
    fail([box]);
  };

  const send = (blob, name, folder = "") => {
    const limit = Number(form.dataset.maxMb);
    if (blob.size > limit * 1e6) {
      failWith(`The archive has ${(blob.size / 1e6).toFixed(1)} MB; this box takes at most ${limit} MB. Leave out what is built or downloaded.`);
      return;
    }
    const body = new FormData();
    body.append("csrf", form.elements.csrf.value);
    if (folder) body.append("folder", folder);
    body.append("archive", blob, name);
    const request = new XMLHttpRequest(); // fetch can't tell how far an upload is
    request.open("POST", form.action);
    request.upload.onprogress = (event) => {
      const percent = Math.floor((100 * event.loaded) / event.total);
      say(percent < 100 ? `Uploading, ${percent} %` : "Checking the archive", percent < 100 ? percent : undefined);
    };
    request.onload = () => {
      if (request.status < 400) {
        location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const errors = [...page.querySelectorAll("[data-error]")];
      if (errors.length) fail(errors);
      else failWith(`The box answered ${request.status}.`);
    };
    request.onerror = () => failWith("The connection broke while uploading. Try again.");
    say("Uploading", 0);
    request.send(body);
  };

  const start = async (pick) => {
    if (busy) return;
    busy = true;
    try {
      const { files, single, folder } = await pick();
      if (single) {
        send(single, single.name);
      } else if (files.length) {
        say(`Packing ${files.length} ${files.length === 1 ? "file" : "files"}`);
        send(await pack(files), "archive.tar.gz", folder);
      } else {
        failWith("There was no file in it.");
      }
    } catch (error) {
      failWith(`It could not be read: ${error.message}`);
    }
  };

  archive.addEventListener("change", () => {
    if (archive.files.length) start(async () => ({ files: [], single: archive.files[0] }));
  });
  folder?.addEventListener("change", () => {
    const files = [...folder.files].map((file) => [withoutRoot(file.webkitRelativePath), file]);
    const name = folder.files[0]?.webkitRelativePath.split("/")[0];
    start(async () => ({ files: files.filter(([path]) => isKept(path)), folder: name }));
  });

  // The whole page is a target: nobody has to aim.
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    // Entries are only there during the event: taken now, read later.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files];
    start(() => gather(entries, plain));
  });
}

const isArchive = (name) => /\.(tar\.gz|tgz|zip)$/i.test(name);
const withoutRoot = (path) => path.slice(path.indexOf("/") + 1);
const isKept = (path) => !path.split("/").some((part) => SKIPPED.has(part));

// What was dropped: one archive, or files with their paths; one folder alone is the app's root.
async function gather(entries, plain) {
  if (!entries.length) {
    if (plain.length === 1 && isArchive(plain[0].name)) return { files: [], single: plain[0] };
    return { files: plain.map((file) => [file.name, file]) };
  }
  if (entries.length === 1 && entries[0].isFile && isArchive(entries[0].name)) {
    return { files: [], single: await fileOf(entries[0]) };
  }
  const alone = entries.length === 1 && entries[0].isDirectory;
  const files = [];
  for (const entry of entries) await walk(entry, alone ? "" : entry.name, files);
  return { files, folder: alone ? entries[0].name : "" };
}

async function walk(entry, path, files) {
  if (SKIPPED.has(entry.name)) return;
  if (entry.isFile) {
    files.push([path || entry.name, await fileOf(entry)]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) return; // a reader gives at most 100 at once
    for (const child of batch) await walk(child, path ? `${path}/${child.name}` : child.name, files);
  }
}

const fileOf = (entry) => new Promise((done, failed) => entry.file(done, failed));

// A .tar.gz of files, in pieces: POSIX ustar, with a PAX record for what does not fit in its fields.
async function pack(files) {
  const parts = [];
  for (const [path, file] of files) {
    const name = encoder.encode(path);
    if (name.length > 100) {
      const record = paxRecord("path", path);
      parts.push(header(encoder.encode("PaxHeader"), record.length, "x"), record, padding(record.length));
    }
    parts.push(header(name.slice(0, 100), file.size, "0", file.lastModified), file, padding(file.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const stream = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).blob();
}

const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

function paxRecord(key, value) {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length += 1; // the length counts its own digits
  return encoder.encode(`${length} ${key}=${value}\n`);
}

function header(name, size, type, modified = 0) {
  const block = new Uint8Array(BLOCK);
  const put = (offset, text) => block.set(encoder.encode(text), offset);
  const octal = (number, digits) => number.toString(8).padStart(digits, "0");
  block.set(name, 0);
  put(100, type === "0" ? "0000755\0" : "0000644\0"); // browsers don't tell what may be run
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${octal(size, 11)}\0`);
  put(136, `${octal(Math.floor(modified / 1000), 11)}\0`);
  put(148, "        ");
  put(156, type);
  put(257, "ustar\0" + "00");
  put(148, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return block;
}
