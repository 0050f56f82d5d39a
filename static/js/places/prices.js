/*
 * What places cost, by the terms that the page comes with. The server computes the same when it holds them, and
 * that is what counts (bookings/orders/prices.py).
 */

/**
 * Return the price of each of `places` when they are booked together, in minor units. A place has the `amount`
 * that it costs by itself, and the slug of a `type`, "" at full price.
 */
export function priceAll(places, terms) {
  const full = places.map(({ amount, type }) => typePrice(amount, terms.types[type], terms))
  const after = lessSavings(places, full, terms)
  return lessDiscounts(places, after, terms)
}

function typePrice(amount, type, terms) {
  if (!type) return amount
  return type.price ?? (type.percent ? chargeable(percentOff(amount, type.percent), terms) : amount)
}

/** The dearest places at the member's price, as many as the membership is for. */
function lessSavings(places, full, { types, member, increment, least }) {
  if (!member) return full
  const counted = new Set(dearest(full).slice(0, member.left ?? places.length))
  return full.map((price, n) => {
    if (!counted.has(n) || types[places[n].type]?.membersOnly) return price
    const units = Math.floor((price * member.percent) / 100)
    return price - Math.min(units - (units % increment), Math.max(0, price - least))
  })
}

function lessDiscounts(places, prices, terms) {
  const { code } = terms
  if (!code || (code.percent === null && code.amount === null)) return prices
  const meant = dearest(prices).filter(n => code.types.length === 0 || code.types.includes(places[n].type))
  const after = [...prices]
  let rest = code.amount ?? 0
  for (const n of meant.slice(0, code.most ?? meant.length)) {
    const left = code.percent === null ? Math.max(0, prices[n] - rest) : percentOff(prices[n], code.percent)
    after[n] = Math.min(prices[n], chargeable(left, terms))
    rest -= prices[n] - after[n]
  }
  return after
}

/** Return the numbers of the places, the dearest first. */
function dearest(prices) {
  return prices.map((_, n) => n).sort((a, b) => prices[b] - prices[a])
}

function percentOff(amount, percent) {
  return Math.floor((amount * (100 - percent)) / 100)
}

/** Nothing, or at least what Stripe charges. */
function chargeable(amount, { increment, least }) {
  const whole = amount - (amount % increment)
  return whole === 0 ? 0 : Math.max(whole, least)
}
