// The chat page: history, live arrival, words and taps. All markup of messages is made and escaped by the server.
"use strict";

import { Attachment } from "/static/attachment.js";
import { Suggestions } from "/static/suggestions.js";

const words = document.body.dataset;
const csrf = document.querySelector('meta[name="csrf"]').content;
const locale = document.documentElement.lang;
const byId = (id) => document.getElementById(id);
const stage = byId("stage");
const list = byId("messages");
const older = byId("older");
const typing = byId("typing");
const status = byId("status");
const down = byId("down");
const composer = byId("composer");
const text = byId("text");

let revision = 0;
let oldest = 0;
let newestShown = 0;

// --- talking to the server -------------------------------------------------------------------------------

async function get(path) {
  const response = await fetch(path);
  if (response.status === 401) leave();
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
  if (response.status === 401) leave();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || words.failed);
  return answer;
}

function leave() {
  toast(words.signedOut);
  location.assign("/");
}

// --- messages --------------------------------------------------------------------------------------------

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
const calendar = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });

function draw(message) {
  const item = document.createElement("li");
  item.dataset.id = message.id;
  item.dataset.day = new Date(message.at).toDateString();
  item.dataset.at = message.at;
  item.className = message.outgoing ? "from-school" : "from-me";
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  if (message.html) {
    bubble.innerHTML = message.html;
    const buttons = bubble.querySelector(".buttons");
    if (buttons) item.append(bubble, buttons);
  } else {
    const body = document.createElement("p");
    body.textContent = message.plain;
    if (message.plain) bubble.append(body);
  }
  if (message.file) bubble.append(fileLink(message));
  const at = document.createElement("time");
  at.dateTime = message.at;
  at.textContent = clock.format(new Date(message.at));
  bubble.append(at);
  item.prepend(bubble);
  return item;
}

function fileLink(message) {
  const link = document.createElement("a");
  link.className = "file";
  link.href = `/chat/files/${message.id}`;
  link.download = message.file;
  const name = document.createElement("strong");
  name.textContent = message.file;
  const hint = document.createElement("small");
  hint.textContent = words.download;
  link.append(name, hint);
  return link;
}

function place(message) {
  revision = Math.max(revision, message.revision);
  const shown = list.querySelector(`li[data-id="${message.id}"]`);
  const item = draw(message);
  if (shown) {
    // The finger that tapped stays where it was: focus moves to the same place of the new buttons.
    const buttons = [...shown.querySelectorAll("[data-tap]")];
    const focused = buttons.indexOf(document.activeElement);
    shown.replaceWith(item);
    if (focused >= 0) item.querySelectorAll("[data-tap]")[focused]?.focus({ preventScroll: true });
  } else if (message.id > newestShown) {
    newestShown = message.id;
    list.append(item);
    if (message.outgoing) typing.hidden = true;
  } else if (message.id > oldest) {
    const after = [...list.querySelectorAll("li[data-id]")].find((one) => Number(one.dataset.id) > message.id);
    list.insertBefore(item, after || null);
  }
  oldest = oldest || message.id;
}

function separateDays() {
  for (const line of list.querySelectorAll(".day")) line.remove();
  let day = "";
  for (const item of list.querySelectorAll("li[data-id]")) {
    if (item.dataset.day === day) continue;
    day = item.dataset.day;
    const line = document.createElement("li");
    line.className = "day";
    line.textContent = nameOfDay(new Date(item.dataset.at));
    list.insertBefore(line, item);
  }
}

function nameOfDay(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  const name = calendar.format(date);
  return name[0].toLocaleUpperCase(locale) + name.slice(1);
}

const atEnd = () => stage.scrollHeight - stage.scrollTop - stage.clientHeight < 120;

function toEnd() {
  stage.scrollTop = stage.scrollHeight;
  down.hidden = true;
}

function arrive(messages) {
  const stay = !atEnd() && messages.every((one) => one.outgoing);
  messages.forEach(place);
  separateDays();
  if (!stay) toEnd();
  else if (messages.some((one) => one.id === newestShown)) down.hidden = false;
}

async function loadOlder() {
  older.disabled = true;
  try {
    const page = await get(`/chat/history?before=${oldest}`);
    const height = stage.scrollHeight;
    const items = page.messages.map(draw);
    list.prepend(...items);
    if (page.messages.length) oldest = page.messages[0].id;
    separateDays();
    stage.scrollTop += stage.scrollHeight - height;
    older.hidden = !page.more;
  } catch {
    toast(words.failed);
  } finally {
    older.disabled = false;
  }
}

// --- live ------------------------------------------------------------------------------------------------

let waits = 500;

function listen() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat/live`);
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ csrf, since: revision }));
    waits = 500;
    status.textContent = words.online;
    document.body.classList.remove("offline");
  });
  socket.addEventListener("message", (event) => arrive(JSON.parse(event.data).messages));
  socket.addEventListener("close", () => {
    status.textContent = words.offline;
    document.body.classList.add("offline");
    setTimeout(check, waits);
    waits = Math.min(waits * 2, 15000);
  });
}

async function check() {
  // A closed connection may mean a session that ended elsewhere: the answer to this says so.
  try {
    await menu();
  } catch {
    setTimeout(check, waits);
    return;
  }
  listen();
}

// --- words and taps --------------------------------------------------------------------------------------

async function say(line) {
  typing.hidden = false;
  toEnd();
  try {
    await post("/chat/messages", { text: line });
    return true;
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
    return false;
  } finally {
    typing.hidden = true;
  }
}

async function send(line) {
  const wanted = line.trim();
  if (attachment.file) return sendFile(wanted);
  if (!wanted) return;
  text.value = "";
  grow();
  if (!(await say(wanted)) && !text.value) {
    text.value = wanted;
    grow();
  }
}

async function sendFile(caption) {
  typing.hidden = false;
  try {
    await attachment.send(caption, csrf, words.failed);
    text.value = "";
    grow();
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
  } finally {
    typing.hidden = true;
  }
}

async function tap(button) {
  const item = button.closest("li");
  item.classList.add("busy");
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post("/chat/taps", { message: Number(item.dataset.id), data: button.dataset.tap });
    if (answer.toast) toast(answer.toast);
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
  } finally {
    item.classList.remove("busy");
    button.removeAttribute("aria-busy");
  }
}

let toastTimer = 0;

function toast(message) {
  const box = byId("toast");
  box.textContent = message;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 2500 + message.length * 40);
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
}

// --- wiring ----------------------------------------------------------------------------------------------

const attachment = new Attachment(byId("attach"), byId("file"), byId("chosen"), text, words, toast);

async function menu() {
  const entries = await get("/chat/menu");
  attachment.offer(entries);
  return entries;
}

const suggestions = new Suggestions(byId("suggestions"), text, byId("commands"), menu, send);

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  suggestions.close();
  send(text.value);
});
text.addEventListener("keydown", (event) => {
  if (suggestions.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});
text.addEventListener("input", () => { grow(); suggestions.typed(); });
list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tap]");
  if (button && !button.closest(".busy")) tap(button);
});
older.addEventListener("click", loadOlder);
down.addEventListener("click", toEnd);
stage.addEventListener("scroll", () => { if (atEnd()) down.hidden = true; }, { passive: true });
byId("sign-out").addEventListener("click", async () => {
  await post("/sign-out", {}).catch(() => {});
  location.assign("/");
});

async function start() {
  const page = await get("/chat/history");
  older.hidden = !page.more;
  page.messages.forEach(place);
  separateDays();
  toEnd();
  listen();
  menu().catch(() => {});
  const code = decodeURIComponent(location.hash.slice(1));
  if (code) {
    history.replaceState(null, "", location.pathname);
    text.value = `/link ${code}`;
  }
  if (matchMedia("(pointer: fine)").matches) text.focus();
}

start().catch(() => { status.textContent = words.offline; setTimeout(() => location.reload(), 5000); });
