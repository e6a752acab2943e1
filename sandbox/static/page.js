// The page: which people are shown, the clock, live events.
import { get, post } from "./api.js";
import { Chat } from "./chat.js";

const chats = new Map();
let people = [];
let offset = 0;

const byId = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 700px)");
const clockText = new Intl.DateTimeFormat("nl-NL", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  second: "2-digit", timeZone: "Europe/Amsterdam",
});

function report(text) {
  byId("status").textContent = text;
  clearTimeout(report.timer);
  report.timer = setTimeout(() => (byId("status").textContent = ""), 8000);
}

// Runs `work`; what goes wrong is told to the person.
async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    report(error.message);
  }
}

async function loadPeople() {
  ({ people } = await get("/people"));
  for (const id of [...chats.keys()]) {
    const person = people.find((one) => one.id === id);
    if (person) chats.get(id).update(person);
    else close(id);
  }
  drawPeople();
}

function drawPeople() {
  const focused = document.activeElement?.dataset?.person;
  byId("people").replaceChildren(...people.map((person) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.person = person.id;
    button.textContent = [person.first_name, person.last_name].filter(Boolean).join(" ");
    button.setAttribute("aria-pressed", chats.has(person.id));
    button.addEventListener("click", () => attempt(() => toggle(person.id)));
    item.append(button);
    return item;
  }));
  if (focused) byId("people").querySelector(`[data-person="${focused}"]`)?.focus();
  byId("empty").hidden = chats.size > 0;
  if (!people.length) byId("add").open = true;
}

async function toggle(id) {
  if (narrow.matches) {
    for (const other of [...chats.keys()]) if (other !== id) close(other);
    if (!chats.has(id)) await open(id);
  } else if (chats.has(id)) {
    close(id);
  } else {
    await open(id);
  }
  drawPeople();
  remember();
}

async function open(id) {
  const person = people.find((one) => one.id === id);
  if (!person || chats.has(id)) return;
  const chat = new Chat(person, report);
  chats.set(id, chat);
  byId("chats").append(chat.root);
  await chat.load();
}

function close(id) {
  chats.get(id).root.remove();
  chats.delete(id);
}

// Which chats are open survives a reload.
function remember() {
  localStorage.setItem("open", JSON.stringify([...chats.keys()]));
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem("open")) ?? [];
  } catch {
    return [];
  }
}

function tick() {
  const now = new Date(Date.now() + offset * 1000);
  byId("now").textContent = clockText.format(now);
  byId("now").dateTime = now.toISOString();
}

function setClock(time) {
  offset = time.offset_seconds;
  byId("shifted").hidden = offset < 1;
  tick();
}

async function moveClock(step) {
  if (step !== "next") return post("/clock", { advance_seconds: Number(step) });
  const { check_in } = await post("/clock/next");
  report(check_in.resident ? `Check-in van ${check_in.resident}.` : "Naar de check-in gegaan.");
}

const HEARD = {
  message: ({ chat_id, message }) => chats.get(chat_id)?.show(message),
  action: ({ chat_id, action }) => chats.get(chat_id)?.typing(action === "typing"),
  person: () => attempt(loadPeople),
  reset: () => attempt(loadPeople),
  clock: setClock,
  toast: ({ text }) => report(text),
};

function listen() {
  const events = new EventSource("/control/events");
  events.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    HEARD[event.type]?.(event);
  };
  // After a break everything may have changed.
  events.onopen = () => attempt(async () => {
    await loadPeople();
    await Promise.all([...chats.values()].map((chat) => chat.load()));
    setClock(await get("/clock"));
  });
}

// `/?person=ID&start=TOKEN` opens a start link as that person, once.
async function followLink() {
  const query = new URLSearchParams(location.search);
  const id = Number(query.get("person"));
  const start = query.get("start");
  history.replaceState(null, "", "/");
  if (!id) {
    if (start) report("Kies eerst een persoon en plak daar de startlink.");
    return;
  }
  if (!people.some((person) => person.id === id)) {
    report("Die persoon is er niet.");
    return;
  }
  if (!chats.has(id) || narrow.matches) await toggle(id);
  if (start) await chats.get(id).act("start", { payload: start });
}

async function begin() {
  await loadPeople();
  const wanted = remembered().filter((id) => people.some((person) => person.id === id));
  const first = wanted.length ? wanted : people.slice(0, 1).map((person) => person.id);
  for (const id of narrow.matches ? first.slice(0, 1) : first) await open(id);
  drawPeople();
  await followLink();
  const page = await get("/page");
  if (page.console_url) {
    byId("console").href = page.console_url;
    byId("console").hidden = false;
  }
  setClock(await get("/clock"));
  listen();
}

byId("add-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  attempt(async () => {
    const details = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    const person = await post("/people", details);
    form.reset();
    byId("add").open = false;
    await loadPeople();
    await toggle(person.id);
  });
});
for (const button of document.querySelectorAll("[data-clock]")) {
  button.addEventListener("click", () => attempt(() => moveClock(button.dataset.clock)));
}
narrow.addEventListener("change", () => {
  if (narrow.matches) [...chats.keys()].slice(1).forEach(close);
  drawPeople();
});
setInterval(tick, 1000);
attempt(begin);
