// Comfort only: every page works without this.
document.documentElement.classList.add("js");
for (const question of document.querySelectorAll("input[name=ask]"))
  question.form.addEventListener("submit", (event) => {
    if (!window.confirm(question.value)) return event.preventDefault();
    // Answered here: it is not sent, so the page that asks without a script does not come. Whoever comes back is asked again.
    question.disabled = true;
    setTimeout(() => { question.disabled = false; });
  });
for (const form of document.querySelectorAll("form[data-send-on-change]"))
  form.addEventListener("change", () => form.requestSubmit());
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const input of document.querySelectorAll("input[data-largest]"))
  input.addEventListener("change", () => {
    const tooLarge = (input.files[0]?.size ?? 0) > Number(input.dataset.largest);
    input.setCustomValidity(tooLarge ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
for (const place of document.querySelectorAll("[data-progress]")) {
  const source = new EventSource(place.dataset.progress);
  source.addEventListener("message", (event) => {
    const { words, share } = JSON.parse(event.data);
    if (share) place.querySelector("progress").value = share;
    if (words) place.querySelector("[data-step]").textContent = words;
  });
  source.addEventListener("done", () => { source.close(); window.location.reload(); });
}
