/* Passkeys: the browser asks the device, the form carries its answer. Without this file the page says that it cannot. */
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  /* By hand what younger browsers do by themselves: parse…OptionsFromJSON and toJSON. */
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));
  const read = {
    create: (given) => PublicKeyCredential.parseCreationOptionsFromJSON?.(given) ?? {
      ...given, challenge: bytes(given.challenge), user: { ...given.user, id: bytes(given.user.id) },
      excludeCredentials: keys(given.excludeCredentials),
    },
    get: (given) => PublicKeyCredential.parseRequestOptionsFromJSON?.(given) ?? {
      ...given, challenge: bytes(given.challenge), allowCredentials: keys(given.allowCredentials),
    },
  };
  const written = (credential) => {
    const { response } = credential;
    const said = { transports: response.getTransports?.() };
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[part]) said[part] = text(response[part]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said });
  };

  const asked = async (form) => {
    const answer = await fetch(form.dataset.options, {
      method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
    });
    const given = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(), { said: given.said });
    return given;
  };
  const reason = (problem) => problem.said ? "" : { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" }[problem.name] || "failed";

  const offer = (form) => {
    const kind = form.dataset.passkey;
    const button = form.querySelector("button");
    const line = form.querySelector("[role=status]");
    const say = (words) => { line.textContent = words; };
    button.hidden = false;
    say("");
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true");
      say("");
      try {
        const publicKey = read[kind](await asked(form));
        form.elements.credential.value = written(await navigator.credentials[kind]({ publicKey }));
        form.submit();
      } catch (problem) {
        say(problem.said || form.dataset[reason(problem)]);
        button.removeAttribute("aria-disabled");
      }
    });
    window.addEventListener("pageshow", () => button.removeAttribute("aria-disabled"));
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    if (window.PublicKeyCredential && navigator.credentials) offer(form);
    else form.querySelector("[role=status]").textContent = form.dataset.unable;
  });
})();
