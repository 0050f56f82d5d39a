// Ask the browser for a passkey when its form is sent, and send what it says.
const form = document.querySelector("form[data-passkey]")

form?.addEventListener("submit", async event => {
  event.preventDefault()
  const failed = form.querySelector("[data-passkey-failed]")
  failed.hidden = true
  try {
    form.elements.credential.value = JSON.stringify(await ask(form.dataset.passkey, options()))
    form.submit()
  } catch {  // The person said no, took too long, or the browser is too old.
    failed.hidden = false
  }
})

function options() {
  return JSON.parse(form.dataset.options).publicKey
}

/** Create or get a passkey, and return it as JSON. */
async function ask(kind, asked) {
  const credential = kind === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })
  return credential.toJSON()
}
