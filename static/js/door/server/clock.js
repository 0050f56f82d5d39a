/*
 * Tells the server's time by this device's clock. All times are in ms since 1970.
 *
 * An answer says the server's time at some moment between the question and now. As long as what was known fits
 * that, it stays: slow answers can't make it worse.
 */
export class Clock {
  constructor(skew = 0) {
    this.skew = skew // this device's clock minus the server's
  }

  get now() {
    return Date.now() - this.skew
  }

  /** Learn from an answer: when it was asked, what the server said, and when that was here. Return whether it is news. */
  learn(askedAt, said, heardAt = Date.now()) {
    const served = Date.parse(said)
    if (Number.isNaN(served) || heardAt < askedAt) return false
    const skew = (askedAt + heardAt) / 2 - served
    if (Math.abs(skew - this.skew) <= (heardAt - askedAt) / 2) return false
    this.skew = Math.round(skew)
    return true
  }
}
