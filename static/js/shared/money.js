/** Write an amount as the server does: `hundred` is how it writes 100, such as "€1.00" or "¥100". */
export function writeMoney(hundred, amount) {
  const [written, whole, , decimals] = hundred.match(/(\d+)(\D(?=\d))?(\d*)/)
  const value = (amount / 100) * Number(`${whole}.${decimals || 0}`)
  const digits = { minimumFractionDigits: decimals.length, maximumFractionDigits: decimals.length }
  return hundred.replace(written, value.toLocaleString(document.documentElement.lang, digits))
}
