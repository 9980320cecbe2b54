// A slip's address carries its code after "#", where no server and no log sees it.
"use strict";
const field = document.getElementById("code");
const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
  field.form.querySelector("button").focus();
}
for (const form of document.forms) {
  form.addEventListener("submit", () => form.classList.add("busy"));
}
window.addEventListener("pageshow", () => {
  for (const form of document.forms) form.classList.remove("busy");
});
