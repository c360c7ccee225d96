"use strict";
(() => {
  const form = document.getElementById("scan"), field = form.elements.code, told = document.getElementById("told");
  const list = document.getElementById("list"), count = document.getElementById("queue"), clear = document.getElementById("clear");
  const say = JSON.parse(form.dataset.texts), prefix = "medtrace-scan/" + form.dataset.party + "/";
  const kept = ["step", "site"], SHOWN = 30, BATCH = 40, AGAIN = 5000;
  let sending = false, last = "";

  // One entry a scan, so that two tabs never overwrite each other's.
  const stored = () => Object.keys(localStorage).filter(key => key.startsWith(prefix + "q/")).sort()
    .map(key => [key, JSON.parse(localStorage.getItem(key))]);
  const waiting = () => stored().filter(([, one]) => !one.wrong);

  const tell = (state, head, code, detail) => {
    told.className = state;
    told.children[0].textContent = head; told.children[1].textContent = code; told.children[2].textContent = detail || "";
  };
  const row = (id, state, text) => {
    let item = document.getElementById("s" + id);
    if (!item) { item = document.createElement("li"); item.id = "s" + id; list.prepend(item); }
    item.className = state; item.textContent = text;
    while (list.children.length > SHOWN) list.lastChild.remove();
  };
  const tally = note => {
    const all = stored(), open = all.filter(([, one]) => !one.wrong).length;
    count.textContent = open ? open + " " + say.queue + (note ? " · " + note : "") : note || "";
    clear.hidden = open === all.length;
  };
  const now = () => {
    const at = new Date(), zone = -at.getTimezoneOffset(), two = n => String(Math.floor(Math.abs(n))).padStart(2, "0");
    return new Date(at.getTime() + zone * 60000).toISOString().slice(0, -1) + (zone < 0 ? "-" : "+") + two(zone / 60) + ":" + two(zone % 60);
  };
  const reason = fault => {
    const column = (/, (\w+)$/.exec(fault.where) || [])[1];
    return (say[column] || say.other) + " (" + fault.expected + ")";
  };

  const take = code => {
    const id = Date.now() + "-" + Math.random().toString(36).slice(2, 8), scan = { id, time: now(), code };
    for (const name of ["step", "site", "parent", "to", "document"]) scan[name] = form.elements[name].value.trim();
    try { localStorage.setItem(prefix + "q/" + id, JSON.stringify({ scan })); }
    catch { tell("bad", say.full, code); return; }
    last = id;
    tell("", say.waiting, code); row(id, "", code); tally(); send();
  };

  const settle = results => {
    for (const one of results) {
      const key = prefix + "q/" + one.id, entry = JSON.parse(localStorage.getItem(key) || "null");
      if (!entry) continue;
      const code = entry.scan.code, why = one.taken ? "" : reason(one.fault);
      if (one.taken) localStorage.removeItem(key);
      else { localStorage.setItem(key, JSON.stringify({ ...entry, wrong: why })); if (navigator.vibrate) navigator.vibrate(400); }
      row(one.id, one.taken ? "good" : "bad", why ? code + " · " + why : code);
      if (one.id === last || why) tell(one.taken ? "good" : "bad", one.taken ? say.taken : say.refused, code, why);
    }
  };

  const send = async () => {
    const batch = waiting().slice(0, BATCH).map(([, one]) => one.scan);
    if (sending || !batch.length) return;
    sending = true;
    let note = "", more = false;
    try {
      const answer = await fetch("/scan/hand", {
        method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ csrf: form.dataset.csrf, scans: batch }),
      });
      if (answer.ok) { settle((await answer.json()).results); more = true; }
      else if (answer.status === 401 || answer.status === 403) {
        const said = await answer.json();
        note = say.signin; tell("bad", say.signin, "", said.detail);
      } else if (answer.status < 500 && answer.status !== 429) {
        const said = await answer.json(), fault = { where: "", expected: said.detail };
        settle(batch.map(scan => ({ id: scan.id, taken: false, fault }))); more = true;
      } else note = say.offline;
    } catch { note = say.offline; }
    sending = false;
    tally(note);
    if (more) send();
  };

  form.addEventListener("submit", event => {
    event.preventDefault();
    const code = field.value.trim();
    field.value = "";
    field.focus();
    if (code) take(code);
  });
  // Scanners that type send the separator inside element strings (GS) as Ctrl+].
  form.addEventListener("keydown", event => {
    if (event.ctrlKey && event.key === "]" && event.target.name in { code: 1, parent: 1 }) {
      event.preventDefault();
      event.target.setRangeText("\x1d", event.target.selectionStart, event.target.selectionEnd, "end");
    }
  });
  form.addEventListener("change", event => {
    if (kept.includes(event.target.name)) localStorage.setItem(prefix + event.target.name, event.target.value);
    field.focus();
  });
  document.addEventListener("click", event => {
    if (!event.target.closest("input, select, summary, label, a")) field.focus();
  });
  clear.addEventListener("click", () => {
    for (const [key, one] of stored()) if (one.wrong) { localStorage.removeItem(key); document.getElementById("s" + one.scan.id)?.remove(); }
    tell("", say.ready, ""); tally(); field.focus();
  });

  for (const name of kept) {
    const value = localStorage.getItem(prefix + name), control = form.elements[name];
    if (value && (control.tagName !== "SELECT" || [...control.options].some(one => one.value === value))) control.value = value;
  }
  for (const [, one] of stored()) row(one.scan.id, one.wrong ? "bad" : "", one.scan.code + (one.wrong ? " · " + one.wrong : ""));
  tell("", say.ready, ""); tally(); field.focus(); send();
  addEventListener("online", send);
  setInterval(send, AGAIN);
})();
