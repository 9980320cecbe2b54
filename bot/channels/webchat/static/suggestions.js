// The list of commands above the composer: opened by its button or by typing "/", walked with the arrow keys. Enter
// sends the one that is marked, Tab writes it out.
"use strict";

export class Suggestions {
  constructor(box, field, opener, fetchMenu, choose) {
    Object.assign(this, { box, field, opener, fetchMenu, choose });
    this.menu = [];
    this.at = -1;
    this.asked = 0;
    opener.addEventListener("click", () => (box.hidden ? this.open() : this.close()));
    box.addEventListener("click", (event) => {
      const line = event.target.closest("li");
      if (line) this.take(line);
    });
    document.addEventListener("click", (event) => {
      if (!box.hidden && !event.target.closest(".foot")) this.close();
    });
  }

  async open() {
    const asked = ++this.asked;
    try {
      this.menu = await this.fetchMenu();
    } catch {
      return;
    }
    // While the menu was fetched the line may have been sent, or the list closed.
    if (asked !== this.asked) return;
    this.show(this.field.value.startsWith("/") ? this.field.value.slice(1).toLowerCase() : "");
    this.field.focus();
  }

  show(begins) {
    const found = this.menu.filter((entry) => entry.command.startsWith(begins));
    this.box.replaceChildren(...found.map((entry, place) => this.line(entry, place)));
    this.at = found.length ? 0 : -1;
    this.mark();
    this.box.hidden = !found.length;
    this.expanded(!this.box.hidden);
  }

  line(entry, place) {
    const line = document.createElement("li");
    line.setAttribute("role", "option");
    line.id = `command-${place}`;
    line.dataset.command = entry.command;
    const name = document.createElement("strong");
    name.textContent = `/${entry.command}`;
    const words = document.createElement("span");
    words.textContent = entry.words;
    line.append(name, words);
    return line;
  }

  typed() {
    const match = /^\/(\w*)$/.exec(this.field.value);
    if (!match) this.close();
    else if (this.box.hidden) this.open();
    else this.show(match[1].toLowerCase());
  }

  mark() {
    [...this.box.children].forEach((line, place) => {
      line.setAttribute("aria-selected", String(place === this.at));
      if (place === this.at) line.scrollIntoView({ block: "nearest" });
    });
    if (this.at >= 0) this.field.setAttribute("aria-activedescendant", `command-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (this.box.hidden) return false;
    const lines = this.box.children;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : lines.length - 1)) % lines.length;
      this.mark();
    } else if (event.key === "Enter") {
      this.take(lines[this.at]);
    } else if (event.key === "Tab" && event.shiftKey) {
      this.close();
      return false;
    } else if (event.key === "Tab") {
      this.complete(lines[this.at]);
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  take(line) {
    this.close();
    this.choose(`/${line.dataset.command}`);
  }

  // The words behind the command can still be written.
  complete(line) {
    this.close();
    this.field.value = `/${line.dataset.command} `;
  }

  expanded(is) {
    for (const one of [this.opener, this.field]) one.setAttribute("aria-expanded", String(is));
  }

  close() {
    this.asked++;
    this.box.hidden = true;
    this.at = -1;
    this.expanded(false);
    this.field.removeAttribute("aria-activedescendant");
  }
}
