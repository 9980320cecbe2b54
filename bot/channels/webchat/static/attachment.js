// The file that goes with the next message: chosen, pasted or dropped; shown as a chip until it is sent or removed.
"use strict";

const LARGEST = 20 * 1024 * 1024;
const POSTING = new Set(["hw", "announce"]);

export class Attachment {
  constructor(button, input, chip, text, words, toast) {
    Object.assign(this, { button, input, chip, text, words, toast, file: null });
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => this.choose(input.files[0]));
    text.addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files || [])];
      if (pasted.length && this.allowed) {
        event.preventDefault();
        this.choose(pasted[0]);
      }
    });
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      if (this.allowed && event.dataTransfer?.files.length) this.choose(event.dataTransfer.files[0]);
    });
  }

  // Who posts homework or announcements may send files; the server asks again.
  offer(menu) {
    this.allowed = menu.some((entry) => POSTING.has(entry.command));
    this.button.hidden = !this.allowed;
  }

  choose(file) {
    if (!file) return;
    if (file.size > LARGEST) {
      this.toast(this.words.tooLarge);
      return;
    }
    this.file = file;
    const name = document.createElement("span");
    name.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", this.words.remove);
    remove.addEventListener("click", () => this.clear());
    this.chip.replaceChildren(name, remove);
    this.chip.hidden = false;
    this.text.focus();
  }

  clear() {
    this.file = null;
    this.input.value = "";
    this.chip.hidden = true;
    this.chip.replaceChildren();
    this.text.focus();
  }

  async send(caption, csrf, failed) {
    const form = new FormData();
    form.append("caption", caption);
    form.append("file", this.file);
    this.chip.setAttribute("aria-busy", "true");
    try {
      const response = await fetch("/chat/files", { method: "POST", headers: { "X-CSRF-Token": csrf }, body: form });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(answer.error || failed);
      this.clear();
    } finally {
      this.chip.removeAttribute("aria-busy");
    }
  }
}
