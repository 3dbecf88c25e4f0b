// The switchboard's page: phones that ring, what is said, and what the carrier sees.

const byId = (id) => document.getElementById(id);
const phones = new Map();
const shown = new Set();
let cast = null;
let carrier = {};
let lastSeq = 0;

// ---- talking to the switchboard

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(`/control${path}`, options);
  const reply = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(reply.error || `HTTP ${response.status}`);
  return reply;
}

async function attempt(phone, work) {
  try {
    await work();
  } catch (error) {
    line(phone, `${error.message}.`, "sys bad");
  }
}

// ---- small helpers

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const nameOf = (number) => {
  if (number === carrier.service_number) return "Lucius";
  const phone = phones.get(number);
  return phone?.name || number;
};

function colour(text) {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return `hsl(${hash} 45% 42%)`;
}

function stickToEnd(box, add) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  add();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

// ---- phones

function phoneFor(number, name) {
  let phone = phones.get(number);
  if (!phone) {
    phone = { number, name: name || null, call: null, ring: null };
    phones.set(number, phone);
  }
  if (name && phone.name !== name) {
    phone.name = name;
    if (phone.card) label(phone);
  }
  return phone;
}

function show(phone) {
  if (phone.card) return;
  const card = byId("phone-template").content.firstElementChild.cloneNode(true);
  phone.card = card;
  phone.screen = card.querySelector(".screen");
  phone.hint = card.querySelector(".hint");
  for (const key of "123456789*0#") {
    const button = make("button", "", key);
    button.type = "button";
    button.addEventListener("click", () => press(phone, key));
    card.querySelector(".keys").append(button);
  }
  card.addEventListener("click", (event) => {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (action) act(phone, action);
  });
  card.addEventListener("keydown", (event) => {
    if (event.target === card && phone.call?.answered && /^[0-9*#]$/.test(event.key)) press(phone, event.key);
  });
  wire(card.querySelector(".speak"), (text) => attempt(phone, () => ask("POST", `/phones/${phone.number}/say`, { text, wait: 4 })));
  wire(card.querySelector(".compose"), (body) => attempt(phone, () => ask("POST", `/phones/${phone.number}/text`, { body, wait: false })));
  label(phone);
  byId("row").append(card);
  shown.add(phone);
  arrange();
  byId("welcome").hidden = true;
  refresh(phone);
}

// While a story runs its people come first; the other phones can be shown beside them.
function arrange() {
  let others = 0;
  for (const phone of shown) {
    const other = Boolean(cast && !cast.has(phone.number));
    phone.card.classList.toggle("other", other);
    if (other) others += 1;
  }
  const open = byId("others").getAttribute("aria-pressed") === "true";
  byId("row").classList.toggle("with-others", open);
  byId("row").classList.toggle("few", shown.size - (open ? 0 : others) <= 3);
  byId("others").hidden = others === 0;
  byId("others").textContent = `${open ? "Hide" : "Show"} ${others} other phone${others === 1 ? "" : "s"}`;
}

byId("others").addEventListener("click", (event) => {
  const open = event.currentTarget.getAttribute("aria-pressed") === "true";
  event.currentTarget.setAttribute("aria-pressed", String(!open));
  arrange();
});

function wire(form, send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = form.querySelector("input");
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    send(text);
  });
}

function label(phone) {
  const title = phone.name || phone.number;
  const avatar = phone.card.querySelector(".avatar");
  avatar.textContent = phone.name ? phone.name[0].toUpperCase() : "#";
  avatar.style.background = colour(title);
  phone.card.querySelector(".who h3").textContent = title;
  phone.card.querySelector(".who p").textContent = phone.role || (phone.name ? "" : "unnamed phone");
  phone.card.setAttribute("aria-label", `Phone of ${title}`);
}

function act(phone, action) {
  if (action === "call") return attempt(phone, () => ask("POST", `/phones/${phone.number}/call`, {}));
  return attempt(phone, () => ask("POST", `/phones/${phone.number}/${action}`));
}

function press(phone, digits) {
  return attempt(phone, () => ask("POST", `/phones/${phone.number}/press`, { digits, wait: 4 }));
}

function refresh(phone) {
  if (!phone.card) return;
  const call = phone.call;
  const ringing = Boolean(call && !call.answered && call.ringing);
  const talking = Boolean(call?.answered);
  phone.card.classList.toggle("ringing", ringing);
  phone.card.classList.toggle("talking", talking);
  phone.card.querySelector(".ring").hidden = !ringing;
  phone.card.querySelector(".dial").hidden = !talking;
  phone.card.querySelector(".caller").textContent = call ? `${nameOf(call.from)} is calling` : "";
  phone.hint.textContent = call?.hint || "Listening…";
  phone.hint.classList.toggle("now", Boolean(call?.waiting));
  tick(phone);
  phone.screen.scrollTop = phone.screen.scrollHeight;
}

function tick(phone) {
  if (!phone.card) return;
  const call = phone.call;
  const badge = phone.card.querySelector(".badge");
  if (call?.answered) {
    const seconds = Math.max(0, Math.floor((Date.now() - call.answered) / 1000));
    badge.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  } else if (call?.ringing) {
    badge.textContent = "ringing";
    const left = Math.max(0, Math.ceil(call.timeout - (Date.now() - call.ringing) / 1000));
    phone.card.querySelector(".left").textContent = `rings for ${left} s more`;
  } else {
    badge.textContent = "idle";
  }
}

function add(phone, element) {
  show(phone);
  stickToEnd(phone.screen, () => phone.screen.append(element));
  while (phone.screen.childElementCount > 200) phone.screen.firstElementChild.remove();
}

function bubble(phone, kind, tag, text) {
  const element = make("div", `bubble ${kind}`);
  element.append(make("small", "", tag), document.createTextNode(text));
  add(phone, element);
}

function line(phone, text, className = "sys") {
  add(phone, make("p", className, text));
}

// ---- events

function hintFor(event) {
  const keys = event.input.includes("dtmf");
  const speech = event.input.includes("speech");
  const count = event.num_digits === 1 ? "a key" : "keys";
  const end = keys && event.num_digits === null && event.finish_on_key ? `, then ${event.finish_on_key}` : "";
  if (keys && speech) return `Lucius waits for ${count}${end}, or for words`;
  return speech ? "Lucius waits for words" : `Lucius waits for ${count}${end}`;
}

const endings = {
  completed: "Call ended", busy: "Declined", "no-answer": "Missed call", failed: "Not reachable", canceled: "Lucius stopped calling",
};

const onPhone = {
  "call.placed"(phone, event) {
    phone.call = { sid: event.call, from: event.direction === "inbound" ? carrier.service_number : event.from, inbound: event.direction === "inbound" };
    if (event.direction === "inbound") line(phone, `${clock(event.at)} · you call Lucius`);
  },
  "call.ringing"(phone, event) {
    show(phone);
    if (phone.call) Object.assign(phone.call, { ringing: Date.parse(event.at), timeout: event.timeout_seconds, from: event.from });
  },
  "call.answered"(phone, event) {
    if (phone.call) phone.call.answered = Date.parse(event.at);
    line(phone, `${clock(event.at)} · ${event.by === "service" ? "Lucius answers" : "call answered"}`);
  },
  "call.said"(phone, event) {
    bubble(phone, "said", "Lucius says", event.text);
  },
  "call.played"(phone, event) {
    bubble(phone, "said", "Lucius plays a recording", event.text || "♪");
  },
  "call.heard"(phone, event) {
    bubble(phone, "said", `${nameOf(event.from)} says`, event.text);
  },
  "call.bridged"(phone, event) {
    line(phone, `connected to ${nameOf(event.with)}`);
    if (phone.call) Object.assign(phone.call, { waiting: true, hint: `Connected to ${nameOf(event.with)}: say something` });
  },
  "call.gathering"(phone, event) {
    if (phone.call) Object.assign(phone.call, { waiting: true, hint: hintFor(event) });
  },
  "call.gathered"(phone, event) {
    if (phone.call) Object.assign(phone.call, { waiting: false, hint: "Listening…" });
    if (event.digits) bubble(phone, "mine", "you press", event.digits);
    else if (event.speech) bubble(phone, "mine", "you say", event.speech);
    else if (event.reason === "timeout") line(phone, "nothing pressed");
  },
  "call.recording"(phone, event) {
    if (phone.call) Object.assign(phone.call, { waiting: true, hint: `Recording: say something, end with ${event.finish_on_key.length > 1 ? "any key" : event.finish_on_key}` });
  },
  "call.recorded"(phone, event) {
    if (phone.call) Object.assign(phone.call, { waiting: false, hint: "Listening…" });
    if (event.text) bubble(phone, "mine", "you record", event.text);
  },
  "call.ended"(phone, event) {
    if (phone.call?.sid === event.call) phone.call = null;
    const length = event.status === "completed" ? ` · ${event.seconds} s` : "";
    line(phone, `${clock(event.at)} · ${endings[event.status] || event.status}${length}`, ["completed", "canceled"].includes(event.status) ? "sys" : "sys bad");
  },
  "text.received"(phone, event) {
    bubble(phone, "sms", `text from ${event.auto ? "the carrier" : nameOf(event.from)} · ${clock(event.at)}`, event.body);
  },
  "text.sent"(phone, event) {
    bubble(phone, "mine", `text · ${clock(event.at)}`, event.body);
  },
  "text.failed"(phone, event) {
    line(phone, `a text did not arrive (${event.status}${event.code ? ` ${event.code}` : ""})`, "sys bad");
  },
};

const inLog = {
  "call.placed": (event) => event.direction === "inbound" ? ["", "calls Lucius"] : ["", "is called"],
  "call.answered": (event) => ["good", event.by === "service" ? "is answered" : "answers"],
  "call.gathered": (event) => event.digits ? ["good", `presses ${event.digits}`] : event.speech ? ["good", `says “${event.speech}”`] : null,
  "call.recorded": (event) => event.text ? ["", `records “${event.text}”`] : null,
  "call.dialing": (event) => ["", `is being connected to ${event.to.map(nameOf).join(", ")}`],
  "call.bridged": (event) => ["good", `is connected to ${nameOf(event.with)}`],
  "call.ended": (event) => event.status === "completed" ? ["", `hung up after ${event.seconds} s`] : [event.status === "canceled" ? "" : "bad", { busy: "declines", "no-answer": "does not answer", failed: "cannot be reached", canceled: "is no longer called" }[event.status] || event.status],
  "text.received": (event) => ["", event.auto ? "hears from the carrier" : "gets a text"],
  "text.sent": (event) => ["", `texts “${event.body}”`],
  "text.failed": (event) => ["bad", `did not get a text (${event.code || event.status})`],
  problem: (event) => [event.level === "error" ? "bad" : "warn", `${event.level} ${event.code || ""}: ${event.text}`],
};

function log(event) {
  const entry = inLog[event.kind]?.(event);
  if (!entry) return;
  const [className, text] = entry;
  const item = make("li");
  const words = make("span", className);
  words.append(make("b", "", nameOf(event.number)), document.createTextNode(` ${text}`));
  item.append(make("time", "", clock(event.at)), words);
  const list = byId("log");
  stickToEnd(list, () => list.append(item));
  while (list.childElementCount > 400) list.firstElementChild.remove();
}

function take(event, live) {
  if (event.seq <= lastSeq) return;
  lastSeq = event.seq;
  const phone = phoneFor(event.number, event.name);
  log(event);
  onPhone[event.kind]?.(phone, event);
  refresh(phone);
  if (live && event.kind === "call.ringing") byId("announcer").textContent = `${nameOf(event.number)}’s phone rings`;
}

// ---- the story and the incident

function list(value, name) {
  if (Array.isArray(value)) return value;
  return Array.isArray(value?.[name]) ? value[name] : [];
}

function words(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.replaceAll("_", " ");
  if (typeof value === "object") return words(value.name ?? value.state ?? value.status ?? value.by ?? Object.values(value).map(words).join(" "));
  return String(value);
}

function storyView(data) {
  const box = document.createDocumentFragment();
  const story = data.story || {};
  const incident = list(data.incidents, "incidents")[0];
  if (story.error) box.append(make("p", "error", story.error));
  if (data.watch && data.error && !story.error) box.append(make("p", "error", `lucius does not tell: ${data.error}`));
  if (incident) {
    box.append(timelineView(list(incident.timeline, "timeline")));
    return box;
  }
  if (story.people?.length) {
    const people = make("p", "people");
    for (const person of story.people) people.append(make("span", "", `${person.name}: ${person.role}`));
    box.append(people);
  }
  if (story.steps?.length) {
    const steps = make("ol", "story");
    for (const step of story.steps) steps.append(make("li", "plain", step));
    box.append(steps);
  }
  if (story.state === "running") box.append(make("p", "count", `Next full minute in ${60 - new Date().getSeconds()} s. When Anna’s phone shows the question, do nothing, and see who is called.`));
  if (!story.state && !data.watch) box.append(make("p", "muted", carrier.story ? "Nobody is being watched yet. Start the story, or let lucius call any phone: it appears here by itself." : "Phones appear by themselves as soon as lucius calls or texts them."));
  return box;
}

function headView(incident) {
  const status = words(incident.status ?? incident.state).toLowerCase() || "open";
  const kind = /end|clos|resolv/.test(status) ? "ended" : /accept/.test(status) ? "accepted" : "open";
  const head = make("p", "state");
  head.append(make("span", `pill ${kind}`, status));
  const who = words(incident.accepted_by?.name ?? incident.ended?.who);
  if (who && kind === "accepted") head.append(make("b", "", `${who} is going`));
  if (who && kind === "ended") head.append(make("b", "", `by ${who}`));
  if (incident.opened_at) head.append(make("span", "muted", `opened ${clock(incident.opened_at)}`));
  const people = make("p", "people");
  for (const contact of list(incident.contacts, "contacts")) {
    const name = contact.name || [contact.first_name, contact.last_name].filter(Boolean).join(" ") || nameOf(contact.phone_number || contact.number || "");
    const what = words(contact.call?.outcome ?? contact.status ?? contact.state ?? contact.last);
    people.append(make("span", "", what ? `${name}: ${what}` : name));
  }
  return people.childElementCount ? [head, people] : [head];
}

function timelineView(steps) {
  const box = make("ol", "story");
  for (const step of steps) {
    const what = words(step.what);
    const outcome = words(step.outcome ?? step.detail);
    const item = make("li", what === "round" ? "round" : "");
    const text = make("span", /accept|going|ended|confirm/.test(`${what} ${outcome}`) ? "good" : /no answer|busy|fail|refus/.test(outcome) ? "bad" : "");
    if (step.who) text.append(make("b", "", words(step.who)), document.createTextNode(" "));
    const rest = step.how || outcome ? [words(step.how), outcome || what].filter(Boolean).join(": ") : what;
    text.append(document.createTextNode(rest));
    item.append(make("time", "", step.at ? clock(step.at) : ""), text);
    box.append(item);
  }
  return box;
}

let lastStory = "";
async function follow() {
  try {
    const data = await ask("GET", "/watch");
    const story = data.story || {};
    cast = story.people?.length ? new Set(story.people.map((person) => person.number)) : null;
    for (const person of story.people || []) {
      const phone = phoneFor(person.number, person.name);
      phone.role = person.role;
      show(phone);
      label(phone);
    }
    arrange();
    const incident = list(data.incidents, "incidents")[0];
    byId("incident-head").replaceChildren(...(incident ? headView(incident) : []));
    byId("incident-title").textContent = incident ? `Incident of ${data.watch?.name || "the watched user"}` : "Story";
    byId("story-stop").hidden = story.state !== "running";
    byId("story-start").disabled = story.state === "preparing";
    byId("story-start").textContent = story.state ? "Start a new story" : "Start the story";
    const view = storyView(data);
    const holder = make("div");
    holder.append(view);
    if (holder.innerHTML !== lastStory) {
      lastStory = holder.innerHTML;
      const box = byId("incident");
      stickToEnd(box, () => box.replaceChildren(...holder.childNodes));
    }
  } catch {
    // The stream's own state already shows that the switchboard is gone.
  }
  setTimeout(follow, 1000);
}

byId("story-start").addEventListener("click", async () => {
  byId("story-start").disabled = true;
  try {
    await ask("POST", "/story", {});
  } catch (error) {
    byId("incident").replaceChildren(make("p", "error", error.message));
    byId("story-start").disabled = false;
  }
});
byId("story-stop").addEventListener("click", () => ask("POST", "/story/stop").catch((error) => byId("incident").prepend(make("p", "error", error.message))));

// ---- start

async function load() {
  const state = await ask("GET", "/state");
  carrier = state.carrier;
  byId("fact-minute").textContent = `${carrier.minute_seconds} s`;
  byId("fact-number").textContent = carrier.service_number;
  byId("story-start").hidden = !carrier.story;
  for (const phone of state.phones) phoneFor(phone.number, phone.name);
  for (const event of state.timeline) take(event, false);
  for (const phone of state.phones) if (phone.name) show(phones.get(phone.number));
  const live = new Set(state.calls.map((call) => call.call));
  for (const phone of phones.values()) {
    if (phone.call && !live.has(phone.call.sid)) phone.call = null;
    refresh(phone);
  }
  byId("welcome").hidden = shown.size > 0;
}

function listen() {
  const stream = new EventSource("/control/stream");
  stream.onopen = () => {
    byId("fact-link").textContent = "live";
    load();
  };
  stream.onmessage = (message) => take(JSON.parse(message.data), true);
  stream.addEventListener("reset", load);
  stream.onerror = () => {
    byId("fact-link").textContent = "reconnecting…";
  };
}

listen();
follow();
setInterval(() => phones.forEach(tick), 500);
