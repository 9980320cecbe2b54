// A slip's address carries its code after "#", where no server and no log sees it.
"use strict";
const field = document.getElementById("code");

function codeInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

const code = codeInAddress();
if (location.hash) history.replaceState(null, "", location.pathname + location.search);
if (code) {
  field.value = code;
  field.form.querySelector("button").focus();
}
for (const form of document.forms) {
  form.addEventListener("submit", () => form.classList.add("busy"));
}
window.addEventListener("pageshow", () => {
  for (const form of document.forms) form.classList.remove("busy");
});
