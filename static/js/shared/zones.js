/*
 * Names the time zone beside a time, for a reader whose own clock shows something else at that moment.
 *
 * The words are in the page, `<zone-name hidden data-offset="120"> (Berlin time)</zone-name>` after the time
 * they belong to. As an element of its own, it works wherever a newer page is put in place, too.
 */
class ZoneName extends HTMLElement {
  connectedCallback() {
    this.hidden = isHere(this.previousElementSibling.dateTime, Number(this.dataset.offset))
  }
}

/** Whether this device's clock is `offset` minutes ahead of UTC at that time. */
function isHere(time, offset) {
  return -new Date(time).getTimezoneOffset() === offset
}

customElements.define("zone-name", ZoneName)
