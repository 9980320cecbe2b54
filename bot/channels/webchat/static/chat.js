// The chat page: what is said to the server and what comes back.
"use strict";

import { Attachment } from "/static/attachment.js";
import { Suggestions } from "/static/suggestions.js";
import { Thread } from "/static/thread.js";

const words = document.body.dataset;
const [csrf, stamp] = ["csrf", "stamp"].map((name) => document.querySelector(`meta[name="${name}"]`).content);
const byId = (id) => document.getElementById(id);
const older = byId("older");
const typing = byId("typing");
const status = byId("status");
const composer = byId("composer");
const text = byId("text");

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

const thread = new Thread(byId("stage"), byId("messages"), byId("down"), words);

function arrive(messages) {
  if (messages.some((one) => one.outgoing && one.id > thread.newest)) typing.hidden = true;
  thread.arrive(messages);
}

async function loadOlder() {
  older.disabled = true;
  try {
    const page = await get(`/chat/history?before=${thread.oldest}`);
    thread.prepend(page.messages);
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
    socket.send(JSON.stringify({ csrf, stamp, since: thread.revision }));
    waits = 500;
    status.textContent = words.online;
    document.body.classList.remove("offline");
  });
  socket.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    if (news.stale) reload();
    else arrive(news.messages);
  });
  socket.addEventListener("close", () => {
    status.textContent = words.offline;
    document.body.classList.add("offline");
    setTimeout(check, waits);
    waits = Math.min(waits * 2, 15000);
  });
}

// The page was drawn in another language or for another person: what stands in the composer is kept.
function reload() {
  if (text.value) sessionStorage.setItem("draft", text.value);
  location.reload();
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
  thread.toEnd();
  thread.ask();
  try {
    await post("/chat/messages", { text: line });
    return true;
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
    return false;
  } finally {
    thread.answered();
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
  thread.ask();
  try {
    await attachment.send(caption, csrf, words.failed);
    text.value = "";
    grow();
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
  } finally {
    thread.answered();
    typing.hidden = true;
  }
}

async function tap(button) {
  const item = button.closest("li");
  thread.ask(Number(item.dataset.id));
  item.classList.add("busy");
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post("/chat/taps", { message: Number(item.dataset.id), data: button.dataset.tap });
    if (answer.toast) toast(answer.toast);
  } catch (error) {
    toast(error.message === "Failed to fetch" ? words.failed : error.message);
  } finally {
    thread.answered();
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
  text.style.height = `${Math.min(text.scrollHeight + text.offsetHeight - text.clientHeight, 160)}px`;
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
thread.list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tap]");
  if (button && !button.closest(".busy")) tap(button);
});
older.addEventListener("click", loadOlder);
byId("sign-out").addEventListener("click", async () => {
  await post("/sign-out", {}).catch(() => {});
  location.assign("/");
});

// A slip's address carries its code after "#", where no server and no log sees it; anything else may stand there, too.
function codeInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

async function start() {
  const page = await get("/chat/history");
  older.hidden = !page.more;
  thread.arrive(page.messages);
  thread.revealNewest();
  listen();
  menu().catch(() => {});
  const code = codeInAddress();
  if (location.hash) history.replaceState(null, "", location.pathname);
  text.value = code ? `/link ${code}` : sessionStorage.getItem("draft") || "";
  sessionStorage.removeItem("draft");
  grow();
  if (matchMedia("(pointer: fine)").matches) text.focus({ preventScroll: true });
}

start().catch(() => { status.textContent = words.offline; setTimeout(() => location.reload(), 5000); });
