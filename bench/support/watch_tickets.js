/*
 * Runs in a page before its own scripts. `truth` is a promise of the times at which tickets appear, in ms of this
 * machine's clock: in the document, on the screen, and with their QR codes.
 */
{
  const now = () => performance.timeOrigin + performance.now()
  const frame = () => new Promise(resolve => requestAnimationFrame(() => afterFrame(resolve)))

  // A message is handled after the frame has been painted, unlike the callback itself.
  function afterFrame(resolve) {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = resolve
    port2.postMessage(null)
  }

  function loaded(picture) {
    return picture.complete || new Promise(resolve => picture.addEventListener("load", resolve))
  }

  async function record(list) {
    const inDocument = now()
    const pictures = Promise.all([...list.querySelectorAll("img")].map(loaded)).then(now)
    await frame()
    return { inDocument, onScreen: now(), withCodes: await pictures }
  }

  window.truth = new Promise(resolve =>
    addEventListener("DOMContentLoaded", () => {
      const list = document.querySelector("[data-tickets]")
      const observer = new MutationObserver(() => {
        if (list.children.length === 0) return
        observer.disconnect()
        resolve(record(list))
      })
      observer.observe(list, { childList: true })
    }))
}
