// Comfort only: every page works without this.
document.documentElement.classList.add("js");
for (const form of document.querySelectorAll("form[data-ask]"))
  form.addEventListener("submit", (event) => { if (!window.confirm(form.dataset.ask)) event.preventDefault(); });
for (const form of document.querySelectorAll("form[data-send-on-change]"))
  form.addEventListener("change", () => form.requestSubmit());
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
