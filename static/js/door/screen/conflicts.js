/* What supervisors settle: somebody was let in without a network who shouldn't have been. */

export function settleConflicts(element, door) {
  const draw = async () => {
    const found = await door.conflicts().catch(() => null)
    if (!found) return // without a network there are none to see
    const { content } = element.querySelector("[data-row]")
    element.hidden = found.length === 0
    element.querySelector("[data-rows]").replaceChildren(...found.map(it => row(content, it)))
  }
  element.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-how]")
    if (!button) return
    button.disabled = true
    try {
      await door.settle(button.closest("li").dataset.id, button.dataset.how)
      await draw()
    } catch {
      button.disabled = false // to be tried again
    }
  })
  door.addEventListener("conflicts", draw)
  draw()
}

function row(content, { id, seat, message, ...places }) {
  const line = content.cloneNode(true).firstElementChild
  line.dataset.id = id
  line.querySelector("[data-seat]").textContent = seat
  line.querySelector("[data-words]").textContent = [where(places), message].filter(Boolean).join(" – ")
  return line
}

/** Where and when both came: "North 19:42, South 19:44", the earlier one first. */
function where({ at, gate, other_at: otherAt, other_gate: otherGate }) {
  const both = [[at, gate], [otherAt, otherGate]].filter(([time]) => time)
  both.sort(([one], [other]) => new Date(one) - new Date(other))
  return both.map(([time, place]) => [place, new Date(time).toTimeString().slice(0, 5)].filter(Boolean).join(" ")).join(", ")
}
