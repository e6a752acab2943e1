// One person's chat: a column with messages, buttons and a place to write.
import { encoded, get, post } from "./api.js";

const TIME_ZONE = "Europe/Amsterdam";
const clockTime = new Intl.DateTimeFormat("nl-NL", { timeStyle: "short", timeZone: TIME_ZONE });
const dayName = new Intl.DateTimeFormat("nl-NL", {
  weekday: "long", day: "numeric", month: "long", timeZone: TIME_ZONE,
});
const TYPING_SHOWN = 5000;
const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote",
};
// Dom Tower, Utrecht: a place that everybody may know.
const SAMPLE_PLACE = { latitude: 52.0907, longitude: 5.1214 };

export class Chat {
  constructor(person, report) {
    this.id = person.id;
    this.report = report;
    this.messages = new Map();
    this.pressed = new Map();
    this.editing = null;
    const template = document.getElementById("chat-template");
    this.root = template.content.firstElementChild.cloneNode(true);
    this.root.dataset.person = person.id;
    this.log = this.find(".log");
    this.input = this.find("textarea");
    this.label();
    this.listen();
    this.update(person);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  label() {
    const id = `text-${this.id}`;
    this.input.id = id;
    this.find(".composer label").htmlFor = id;
  }

  listen() {
    this.find(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendText();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.stopEditing();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.sendText();
    });
    this.find(".link-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.openLink(event.target);
    });
    this.find("[type=file]").addEventListener("change", (event) => this.sendFile(event.target));
    this.root.addEventListener("click", (event) => {
      const act = event.target.closest("button[data-act]")?.dataset.act;
      if (act) this.act(act, act === "location" ? SAMPLE_PLACE : {});
    });
    this.followEnd();
    this.find("[data-act=block]").addEventListener("change", (event) => {
      this.act(event.target.checked ? "block" : "unblock");
    });
  }

  // Who reads the end stays there when a photo loads or the log becomes smaller.
  followEnd() {
    this.atEnd = true;
    let last = 0;
    this.log.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      if (scrollHeight - scrollTop - clientHeight < 80) this.atEnd = true;
      else if (scrollTop < last) this.atEnd = false;
      last = scrollTop;
    });
    this.log.addEventListener("load", () => this.toEnd(), true);
    new ResizeObserver(() => this.toEnd()).observe(this.log);
  }

  toEnd() {
    if (this.atEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  // Does what the person does; true when it worked.
  async act(name, body) {
    try {
      await post(`/people/${this.id}/${name}`, body);
      return true;
    } catch (error) {
      this.report(error.message);
      return false;
    }
  }

  async sendText() {
    const text = this.input.value.trim();
    if (!text) return;
    const editing = this.editing;
    const done = editing
      ? await this.act("edit", { message_id: editing, text })
      : await this.act("text", { text });
    if (done) this.stopEditing();
  }

  async sendFile(input) {
    const file = input.files[0];
    input.value = "";
    if (!file) return;
    const act = { image: "photo", audio: "voice" }[file.type.split("/")[0]] ?? "document";
    const body = { file_name: file.name, content_base64: await encoded(file) };
    this.act(act, file.type ? { ...body, mime_type: file.type } : body);
  }

  async openLink(form) {
    const text = form.link.value.trim();
    const token = /[?&]start=([\w-]{1,64})/.exec(text)?.[1] ?? /^[\w-]{1,64}$/.exec(text)?.[0];
    if (!token) {
      this.report("In die link staat geen code. Een startlink eindigt op ?start= en een code.");
    } else if (await this.act("start", { payload: token })) {
      form.reset();
      form.closest("details").open = false;
    }
  }

  startEditing(message) {
    this.editing = message.message_id;
    this.input.value = message.text;
    this.find(".composer button").textContent = "Wijzig";
    this.input.focus();
  }

  stopEditing() {
    this.editing = null;
    this.input.value = "";
    this.find(".composer button").textContent = "Stuur";
  }

  // The person changed: started, blocked, gone.
  update(person) {
    const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
    const silent = person.blocked || person.deactivated || !person.started;
    this.find("h2").textContent = name;
    this.find(".avatar").textContent = name[0];
    this.find(".avatar").classList.add(`tint-${person.id % 6}`);
    this.root.setAttribute("aria-label", `Gesprek van ${name}`);
    this.log.setAttribute("aria-label", `Berichten van ${name}`);
    this.find("[data-act=block]").checked = person.blocked;
    this.find("[data-act=block]").disabled = person.deactivated || !person.started;
    this.find(".composer").hidden = silent;
    this.find(".extras").hidden = silent;
    this.find(".start").hidden = person.started || person.deactivated;
    this.find(".link").hidden = person.deactivated;
    const note = this.find(".note");
    note.hidden = !(person.blocked || person.deactivated);
    note.textContent = person.deactivated
      ? "Dit account bestaat niet meer."
      : `${person.first_name} heeft de bot geblokkeerd.`;
  }

  async load() {
    const { messages } = await get(`/people/${this.id}/messages`);
    this.messages = new Map(messages.map((message) => [message.message_id, message]));
    this.draw();
  }

  // A new or changed message.
  show(message) {
    if (message.deleted) this.messages.delete(message.message_id);
    else this.messages.set(message.message_id, message);
    if (message.from === "bot") this.typing(false);
    this.draw();
  }

  typing(on) {
    clearTimeout(this.typingTimer);
    this.find(".typing").hidden = !on;
    if (on) this.typingTimer = setTimeout(() => this.typing(false), TYPING_SHOWN);
  }

  // Draws only what differs, so that a screen reader hears only what is new.
  draw() {
    const focused = document.activeElement?.dataset?.key;
    const wanted = this.rows();
    const present = new Map([...this.log.children].map((node) => [node.dataset.row, node]));
    let place = this.log.firstElementChild;
    for (const [row, make] of wanted) {
      const node = present.get(row) ?? make();
      node.dataset.row = row;
      present.delete(row);
      if (node === place) place = place.nextElementSibling;
      else this.log.insertBefore(node, place);
    }
    for (const node of present.values()) node.remove();
    if (focused && !this.root.contains(document.activeElement)) this.log.focus();
    this.toEnd();
  }

  rows() {
    const rows = [];
    let lastDay = "";
    for (const message of this.messages.values()) {
      const day = dayName.format(message.date * 1000);
      if (day !== lastDay) rows.push([`day ${day}`, () => element("p", "day", day)]);
      lastDay = day;
      const key = JSON.stringify([message, this.pressed.get(message.message_id)]);
      rows.push([key, () => this.bubble(message)]);
    }
    return rows;
  }

  bubble(message) {
    const row = element("div", `row ${message.from}`);
    const bubble = element("div", "bubble");
    bubble.append(element("span", "hidden", message.from === "bot" ? "Praatje: " : "Ik: "));
    bubble.append(...media(message));
    if (message.text) bubble.append(formatted(message.text, message.entities));
    bubble.append(this.foot(message));
    row.append(bubble);
    const buttons = this.buttons(message);
    if (buttons) row.append(buttons);
    return row;
  }

  foot(message) {
    const foot = element("span", "foot");
    if (message.from === "person" && message.kind === "text") {
      const edit = element("button", "edit", "wijzig");
      edit.type = "button";
      edit.addEventListener("click", () => this.startEditing(message));
      foot.append(edit);
    }
    const marks = [
      message.forwarded && "doorgestuurd", message.edited && "gewijzigd",
      message.silent && "zonder geluid", clockTime.format(message.date * 1000),
    ];
    foot.append(marks.filter(Boolean).join(" · "));
    return foot;
  }

  buttons(message) {
    const frozen = !message.buttons.length;
    const list = frozen ? message.past_buttons : message.buttons;
    if (!list.length) return null;
    const box = element("div", frozen ? "buttons frozen" : "buttons");
    const chosen = this.pressed.get(message.message_id);
    list.forEach((button, index) => {
      const node = button.url ? link(button) : element("button", "", button.text);
      if (!button.url) {
        node.type = "button";
        node.disabled = frozen;
        node.dataset.key = `${message.message_id}/${index}`;
        if (chosen === index) node.textContent = `✓ ${button.text}`;
        node.addEventListener("click", () => this.press(message, index));
      }
      box.append(node);
    });
    return box;
  }

  async press(message, index) {
    if (await this.act("press", { message_id: message.message_id, index })) {
      this.pressed.set(message.message_id, index);
      this.draw();
    }
  }
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function link({ text, url }) {
  const node = element("a", "", text);
  if (/^https?:/.test(url)) node.href = url;
  node.rel = "noreferrer";
  node.target = "_blank";
  return node;
}

function media({ kind, media: content }) {
  if (kind === "text") return [];
  const file = content.file_id && `/control/files/${content.file_id}`;
  switch (kind) {
    case "photo": {
      const image = element("img", "photo");
      image.src = file;
      image.alt = "Foto";
      return [image];
    }
    case "voice": {
      const sound = element("audio");
      sound.src = file;
      sound.controls = true;
      sound.preload = "none";
      sound.setAttribute("aria-label", "Spraakbericht");
      return [element("span", "kind", "Spraakbericht"), sound];
    }
    case "sticker":
      return [element("span", "sticker", content.emoji || "🙂"), element("span", "kind", "Sticker")];
    case "location":
      return [element("span", "kind", `Locatie: ${content.latitude}, ${content.longitude}`)];
    case "contact":
      return [element("span", "kind", `Contact: ${content.first_name}`)];
    case "video_note":
      return [element("span", "kind", "Videobericht")];
    default:
      return [element("span", "kind", `Bestand: ${content.file_name ?? ""}`)];
  }
}

// Text with its formatting. Offsets are UTF-16 units, as JavaScript counts too.
function formatted(text, entities) {
  const box = element("span", "text");
  let at = 0;
  for (const { type, offset, length, url } of entities) {
    if (offset < at || !(TAGS[type] || type === "text_link")) continue;
    const part = text.slice(offset, offset + length);
    box.append(text.slice(at, offset));
    box.append(type === "text_link" ? link({ text: part, url }) : element(TAGS[type], "", part));
    at = offset + length;
  }
  box.append(text.slice(at));
  return box;
}
