/** Format an amount in minor units as the server does, which formats 100 as `hundred`: "€1.00" or "¥100". */
export function writeMoney(hundred, amount) {
  const [written, whole, , decimals] = hundred.match(/(\d+)(\D(?=\d))?(\d*)/)
  const value = (amount / 100) * Number(`${whole}.${decimals || 0}`)
  const digits = { minimumFractionDigits: decimals.length, maximumFractionDigits: decimals.length }
  return hundred.replace(written, value.toLocaleString(document.documentElement.lang, digits))
}
