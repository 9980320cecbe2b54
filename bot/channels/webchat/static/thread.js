// The messages on the page: how one is drawn, where it goes, and what of it the reader sees. All markup of messages is
// made and escaped by the server.
"use strict";

const NEAR_THE_END = 120;
const UNDER_THE_BAR = 8;
const ANSWERS_FOLLOW = 1500; // milliseconds after the server has answered a tap in which its messages arrive
const SIGNS = { "📎": "clip", "🔗": "link" };

export class Thread {
  constructor(stage, list, down, words) {
    Object.assign(this, { stage, list, down, words });
    this.locale = document.documentElement.lang;
    this.clock = new Intl.DateTimeFormat(this.locale, { hour: "2-digit", minute: "2-digit", hour12: false });
    this.calendar = new Intl.DateTimeFormat(this.locale, { weekday: "long", day: "numeric", month: "long" });
    this.revision = 0;
    this.oldest = 0;
    this.newest = 0;
    this.waiting = 0;
    this.answeredAt = -Infinity;
    this.tapped = 0;
    down.addEventListener("click", () => this.toEnd());
    stage.addEventListener("scroll", () => { if (this.atEnd()) down.hidden = true; }, { passive: true });
  }

  // --- what arrives ------------------------------------------------------------------------------------------

  // Until `answered` the reader waits for what comes next: it is shown wherever the page stands.
  ask(tapped = 0) {
    this.waiting++;
    this.tapped = tapped;
  }

  answered() {
    this.waiting--;
    this.answeredAt = performance.now();
  }

  get isAsked() {
    return this.waiting > 0 || performance.now() - this.answeredAt < ANSWERS_FOLLOW;
  }

  arrive(messages) {
    const follow = this.atEnd() || this.isAsked || messages.some((one) => !one.outgoing);
    const wasAtEnd = this.atEnd();
    let first = null;
    let mine = false;
    for (const message of messages) {
      this.revision = Math.max(this.revision, message.revision);
      const shown = this.list.querySelector(`li[data-id="${message.id}"]`);
      if (shown) {
        this.redraw(shown, message, wasAtEnd);
      } else if (this.add(message)) {
        mine = !message.outgoing;
        if (message.outgoing) first = first || this.list.lastElementChild;
      }
    }
    this.separateDays();
    if (first && follow) this.reveal(first);
    else if (mine) this.toEnd();
    else if (first) this.down.hidden = false;
  }

  // True for the newest message; others go to their place among those shown.
  add(message) {
    const item = this.draw(message);
    this.oldest = this.oldest || message.id;
    if (message.id > this.newest) {
      this.newest = message.id;
      this.list.append(item);
      return true;
    }
    if (message.id > this.oldest) {
      const after = [...this.list.querySelectorAll("li[data-id]")].find((one) => Number(one.dataset.id) > message.id);
      this.list.insertBefore(item, after || null);
    }
    return false;
  }

  // A message that was edited. The one that was tapped shows its new screen from the beginning; where only what was
  // tapped has changed, as a box that is ticked, everything stays under the finger.
  redraw(shown, message, wasAtEnd) {
    const item = this.draw(message);
    const stays = isSameScreen(shown, item);
    const bottom = shown.offsetTop + shown.offsetHeight;
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    shown.replaceWith(item);
    if (focused) refocus(focused, item);
    if (this.isAsked && this.tapped === message.id && !stays) this.reveal(item, item);
    else if (stays || bottom <= this.stage.scrollTop) this.stage.scrollTop += item.offsetTop + item.offsetHeight - bottom;
    else if (wasAtEnd) this.toEnd();
  }

  prepend(messages) {
    const height = this.stage.scrollHeight;
    this.list.prepend(...messages.map((one) => this.draw(one)));
    if (messages.length) this.oldest = messages[0].id;
    this.separateDays();
    this.stage.scrollTop += this.stage.scrollHeight - height;
  }

  // --- what is seen ------------------------------------------------------------------------------------------

  atEnd() {
    return this.stage.scrollHeight - this.stage.scrollTop - this.stage.clientHeight < NEAR_THE_END;
  }

  toEnd() {
    this.stage.scrollTop = this.stage.scrollHeight;
    this.down.hidden = true;
  }

  // From this message to `last` (or to the end): all of it, or where it is taller than the window its beginning.
  reveal(item, last = null) {
    const top = item.offsetTop - UNDER_THE_BAR;
    const isLast = !last || last === this.list.lastElementChild;
    const bottom = isLast ? this.stage.scrollHeight : last.offsetTop + last.offsetHeight + UNDER_THE_BAR;
    if (bottom - top > this.stage.clientHeight || top < this.stage.scrollTop) this.stage.scrollTop = top;
    else if (bottom > this.stage.scrollTop + this.stage.clientHeight) {
      this.stage.scrollTop = bottom - this.stage.clientHeight;
    }
    this.down.hidden = this.atEnd();
  }

  // The newest answer, when the page is opened.
  revealNewest() {
    this.toEnd();
    const newest = this.list.lastElementChild;
    if (newest?.className === "from-school") this.reveal(newest);
  }

  // --- how it looks ------------------------------------------------------------------------------------------

  draw(message) {
    const item = document.createElement("li");
    item.dataset.id = message.id;
    item.dataset.day = new Date(message.at).toDateString();
    item.dataset.at = message.at;
    item.className = message.outgoing ? "from-school" : "from-me";
    const bubble = document.createElement("div");
    bubble.className = "bubble";
    item.append(bubble);
    if (message.html) {
      bubble.innerHTML = message.html;
      const buttons = bubble.querySelector(".buttons");
      if (buttons) item.append(buttons);
      drawSigns(item);
    } else if (message.plain) {
      const body = document.createElement("p");
      body.textContent = message.plain;
      bubble.append(body);
    }
    if (message.file) bubble.append(this.fileLink(message));
    const at = document.createElement("time");
    at.dateTime = message.at;
    at.textContent = this.clock.format(new Date(message.at));
    bubble.append(at);
    return item;
  }

  fileLink(message) {
    const link = document.createElement("a");
    link.className = "file";
    link.href = `/chat/files/${message.id}`;
    link.download = message.file;
    const words = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = message.file;
    const hint = document.createElement("small");
    hint.textContent = this.words.download;
    words.append(name, hint);
    link.append(sign("clip"), words);
    return link;
  }

  separateDays() {
    for (const line of this.list.querySelectorAll(".day")) line.remove();
    let day = "";
    for (const item of this.list.querySelectorAll("li[data-id]")) {
      if (item.dataset.day === day) continue;
      day = item.dataset.day;
      const line = document.createElement("li");
      line.className = "day";
      line.textContent = this.nameOfDay(new Date(item.dataset.at));
      this.list.insertBefore(line, item);
    }
  }

  nameOfDay(date) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
    if (days === 0) return this.words.today;
    if (days === 1) return this.words.yesterday;
    const name = this.calendar.format(date);
    return name[0].toLocaleUpperCase(this.locale) + name.slice(1);
  }
}

// --- buttons ---------------------------------------------------------------------------------------------------

const taps = (item) => [...item.querySelectorAll("[data-tap]")];
const bare = (button) => button.textContent.replace(/^[•●☐☑✓\s]+/u, "");
const heading = (item) => item.querySelector(".card-heading")?.textContent;

function isSameScreen(before, after) {
  const old = taps(before);
  const now = taps(after);
  if (!old.length || old.length !== now.length || heading(before) !== heading(after)) return false;
  const changed = old.filter((button, place) => button.dataset.tap !== now[place].dataset.tap);
  return changed.length < 2 && changed.every((button) => bare(button) === bare(now[old.indexOf(button)]));
}

// The keyboard stays on the button that was pressed, by its name or by where it leads (but not on the mark of where one
// is); else it begins at the first.
function refocus(focused, item) {
  const buttons = taps(item);
  const next =
    buttons.find((one) => bare(one) === bare(focused)) ||
    buttons.find((one) => one.dataset.tap === focused.dataset.tap && !one.textContent.startsWith("•")) ||
    buttons[0] ||
    item;
  if (next === item) item.tabIndex = -1;
  next.focus({ preventScroll: true });
}

// --- signs -----------------------------------------------------------------------------------------------------

function sign(name) {
  const drawn = document.createElement("span");
  drawn.className = `sign ${name}`;
  drawn.setAttribute("aria-hidden", "true");
  return drawn;
}

// Signs that stand beside words are drawn, for not every device has letters for them.
function drawSigns(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (/📎|🔗/u.test(walker.currentNode.data)) found.push(walker.currentNode);
  for (const node of found) {
    node.replaceWith(...node.data.split(/(📎|🔗)/u).map((part) => (SIGNS[part] ? sign(SIGNS[part]) : part)));
  }
}
