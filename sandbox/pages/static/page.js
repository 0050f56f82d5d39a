/*
 * Extras for the payment pages, which work without them: fills in a chosen test card, groups digits while they
 * are typed, and shows that a payment is being processed.
 */
const FILLED_IN = {
  cardExpiry: "12 / 34",
  cardCvc: "123",
  billingName: "Ada Lovelace",
  email: "ada@example.com",
}
const METHOD = "payment-method-accordion-item-title"
const AMEX = /^3[47]/

const form = document.querySelector("form[data-pays]")

document.querySelector(".test-cards")?.addEventListener("click", fillIn)
form?.addEventListener("input", tidy)
form?.addEventListener("submit", submitOnce)
window.addEventListener("pageshow", release)

function fillIn(event) {
  const link = event.target.closest("[data-card]")
  if (!link) return
  event.preventDefault()
  if (form.elements[METHOD]) form.elements[METHOD].value = "card"
  form.elements.cardNumber.value = grouped(link.dataset.card)
  for (const [name, value] of Object.entries(FILLED_IN)) if (form.elements[name]) form.elements[name].value ||= value
  if (AMEX.test(link.dataset.card)) form.elements.cardCvc.value = "1234"
  form.querySelector("[data-busy]").focus()
}

function tidy({ target, inputType }) {
  if (inputType?.startsWith("delete") || target.selectionStart !== target.value.length) return
  if (target.name === "cardNumber") target.value = grouped(target.value)
  if (target.name === "cardExpiry") target.value = target.value.replace(/^(\d\d)(?=\d)/, "$1 / ")
}

function grouped(text) {
  const digits = text.replace(/\D/g, "").slice(0, 19)
  const groups = AMEX.test(digits) ? /^(\d{4})(\d{1,6})?(\d{1,5})?/ : /(\d{1,4})/g
  return (AMEX.test(digits) ? (digits.match(groups)?.slice(1) ?? [digits]) : (digits.match(groups) ?? []))
    .filter(Boolean)
    .join(" ")
}

function submitOnce(event) {
  const button = form.querySelector("[data-busy]")
  if (button.ariaDisabled === "true") return event.preventDefault()
  button.ariaDisabled = "true"
  button.dataset.idle = button.textContent
  button.textContent = button.dataset.busy
}

function release() {
  const button = form?.querySelector("[data-busy]")
  if (!button?.dataset.idle) return
  button.ariaDisabled = null
  button.textContent = button.dataset.idle
}
