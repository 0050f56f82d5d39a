/* When a device may not go on: it was revoked, or the door is open in another tab. */

/** Show what `door.state` says. Before a revoked device is cleared, what it still holds is offered as a file. */
export async function showStopped(page, door) {
  const { revoked, locked, queued } = door.state
  page.querySelector("[data-locked]").hidden = !locked || revoked
  const notice = page.querySelector("[data-revoked]")
  if (!revoked || !notice.hidden) return
  notice.hidden = false
  for (const it of notice.querySelectorAll("[data-held]")) it.hidden = !queued
  notice.querySelector("[data-queued]").textContent = queued
  if (queued) notice.querySelector("[data-file]").href = URL.createObjectURL(await door.exportQueue())
  notice.querySelector("[data-forget]").addEventListener("click", async () => {
    await door.forget()
    location.reload()
  })
}
