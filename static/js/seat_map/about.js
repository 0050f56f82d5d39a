/*
 * Says beside a seat what it is: its row, price and notes, while it is pointed at, has the focus or is pressed
 * for long. The words are the seat's name, which is read out already, so nothing is read twice.
 */
import { isSeat } from "./seats.js"

const LONG = 450 // ms that a finger stays down
const STILL = 10 // px that it may move meanwhile
const APART = 8 // px between seat and words, and at the window's edge

export function describe(form) {
  const hide = () => { tip(form).hidden = true }
  form.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType !== "touch" && isSeat(target)) show(form, target)
  })
  form.addEventListener("pointerout", event => event.pointerType !== "touch" && isSeat(event.target) && hide())
  form.addEventListener("focusin", ({ target }) => isSeat(target) && target.matches(":focus-visible") && show(form, target))
  form.addEventListener("focusout", ({ target }) => isSeat(target) && hide())
  form.addEventListener("keydown", ({ key }) => key === "Escape" && hide())
  form.addEventListener("change", ({ target }) => isSeat(target) && !target.matches(":hover, :focus-visible") && hide())
  addEventListener("scroll", () => {
    const seat = form.querySelector("[name=seats]:focus-visible") // the keys scroll to the seat that they go to
    if (seat && !tip(form).hidden) show(form, seat)
    else hide()
  }, { capture: true, passive: true })
  pressLong(form)
}

/** A finger that stays on a seat reads what it is, and doesn't choose it. */
function pressLong(form) {
  let timer
  let from = null
  let isLong = false
  const stop = () => clearTimeout(timer)
  form.addEventListener("pointerdown", ({ pointerType, target, clientX, clientY }) => {
    stop()
    isLong = false
    if (pointerType !== "touch") return
    tip(form).hidden = true
    const seat = isSeat(target) ? target : null
    if (!seat) return
    from = { x: clientX, y: clientY }
    timer = setTimeout(() => {
      isLong = true
      show(form, seat)
    }, LONG)
  })
  form.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (from && Math.hypot(clientX - from.x, clientY - from.y) > STILL) stop()
  })
  for (const kind of ["pointerup", "pointercancel"]) form.addEventListener(kind, stop)
  form.addEventListener("contextmenu", event => isSeat(event.target) && from && event.preventDefault())
  form.addEventListener("click", event => {
    if (!isLong || !isSeat(event.target)) return
    isLong = false
    event.preventDefault()
    event.stopPropagation()
  }, { capture: true })
}

function show(form, seat) {
  const words = tip(form)
  words.textContent = seat.ariaLabel
  words.hidden = false
  const box = seat.getBoundingClientRect()
  const above = box.top - words.offsetHeight - APART
  const middle = box.left + (box.width - words.offsetWidth) / 2
  const most = document.documentElement.clientWidth - words.offsetWidth - APART
  words.style.insetInlineStart = `${Math.max(APART, Math.min(middle, most))}px`
  words.style.insetBlockStart = `${above < APART ? box.bottom + APART : above}px`
}

function tip(form) {
  return form.querySelector("[data-about]")
}
