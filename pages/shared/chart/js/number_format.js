// @ts-check
// Numbers as a person reads them: the same as recsys_core/words.py says, with the marks of the
// page's language.

import { marks } from "./language.js"

const NO_BREAK = "\u00a0"

// A number with so many decimals, halves to even as Python rounds them.
/** @type {(value: number, decimals: number) => string} */
export function fixed(value, decimals) {
  if (Math.abs(value) < 1e21) return rounded(value, decimals)
  return BigInt(value) + (decimals ? "." + "0".repeat(decimals) : "") // toFixed gives up there
}

// The same as it is shown: with a minus sign, and none before a zero.
/** @type {(value: number, decimals: number) => string} */
export function fixedWithMinus(value, decimals) {
  const text = fixed(value, decimals)
  return marked(text.replace("-", Number(text) ? "−" : ""))
}

// Three significant digits, thousands separated: “0.912”, “12,346”, “−2”, “–” if not finite.
/** @param {number} value */
export function number(value) {
  return marked(digits(value).replaceAll("-", "−"))
}

// A number as Python writes it, “1,234.5”, with the marks of the page's language.
/** @param {string} text */
export function marked(text) {
  const [decimal, group] = marks()
  return text.replace(/[.,]/g, (mark) => (mark === "." ? decimal : group))
}

// An RMSE or another error in rating units: “0.9120”, “12.346”, “1,234.5”, “–” if not finite.
/** @param {number} value */
export function error(value) {
  const size = Math.abs(value)
  if (!Number.isFinite(value) || (size > 0 && size < 1e-3)) return number(value)
  const before = fixed(size, 0).length
  const [whole, after] = fixed(value, Math.max(5 - before, 0)).split(".")
  return marked(`${separated(whole)}${after ? "." + after : ""}`.replaceAll("-", "−"))
}

// A rating as somebody gave it, in no more digits than that: “4.5”, “−3”.
/** @param {number} value */
export function given(value) {
  const size = Math.abs(value)
  if (size && (size < 1e-3 || size >= 1000)) return number(value)
  return marked(String(+value.toPrecision(3)).replace("-", "−"))
}

/** @param {number} value */
function digits(value) {
  if (!Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  if (size >= 100) return separated(fixed(value, 0))
  if (size > 0 && size < 1e-4) {
    const [figures, exponent] = value.toExponential(2).split("e")
    return `${figures}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`
  }
  if (size === 0) return "0"
  const decimals = Math.max(2 - Math.floor(Math.log10(size)), 0)
  let text = fixed(value, decimals)
  // 9.996 has become 10.00: one digit too many.
  if (decimals && text.replace(/[-.]/g, "").replace(/^0+/, "").length > 3) text = text.slice(0, -1)
  const [whole, after = ""] = text.split(".")
  return /[1-9]/.test(after) ? text : whole
}

// “1,234,567”
/** @param {number | string} text */
export function grouped(text) {
  return marked(separated(String(text)))
}

/** @param {string} text */
function separated(text) {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ",")
}

// How long, coarsely: “0.3 s”, “12 s”, “3 min”, “2 h”.
/** @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–"
  if (seconds < 10) return `${marked(fixed(seconds, 1))}${NO_BREAK}s`
  if (seconds < 100) return `${fixed(seconds, 0)}${NO_BREAK}s`
  if (seconds < 5400) return `${fixed(seconds / 60, 0)}${NO_BREAK}min`
  return `${fixed(seconds / 3600, 0)}${NO_BREAK}h`
}

// JavaScript rounds a half up, Python to even.
/** @type {(value: number, decimals: number) => string} */
function rounded(value, decimals) {
  const text = value.toFixed(decimals)
  const exact = Math.abs(value).toFixed(Math.min(decimals + 40, 100))
  const rest = exact.slice(exact.indexOf(".") + 1 + decimals)
  if (!/^50*$/.test(rest)) return text
  const below = exact.slice(0, exact.indexOf(".") + (decimals ? 1 + decimals : 0))
  if (Number(below.at(-1)) % 2) return text
  return (value < 0 ? "-" : "") + below
}
