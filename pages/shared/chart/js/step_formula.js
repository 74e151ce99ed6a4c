// @ts-check
// The formula of each sub-step of one rating's step, its numbers beneath its symbols: pure functions.

import { number } from "./number_format.js"
import { worded } from "./sentences.js"
import { rating, strongest } from "./take_apart.js"

/** @import { Found, Rule, StepTaken, Term, Unit } from "./types.js" */
/** @typedef {(string | Term)[]} Line what stands in a row: an operator, or a symbol with its number */

// Factors whose products are written out; the others are added up.
const WRITTEN = 3

/** @type {(kind: Term["kind"], symbol: string, under: string, value: number) => Term} */
function term(kind, symbol, under, value) {
  return { kind, symbol, under, value: number(value) }
}

// The lines of a sub-step. `after` is how the parameters are named once they have moved.
/** @type {(subStep: string, found: Found, step: StepTaken, rule: Rule, unit: Unit) => Line[]} */
export function linesOf(subStep, found, step, rule, unit) {
  const f = strongest(step.products)
  const user = found.times === 1 ? "p" : "w" // SVD++: the sum that predicts
  if (subStep === "rating") return [standardized(found, unit)]
  if (subStep === "products") return [dot(found, step, user)]
  if (subStep === "sum") return sums(found, step, rule, unit, user)
  if (subStep === "error") return errors(found, step, rule, unit)
  if (subStep === "gradients") return gradients(found, step, rule, f, user)
  return moves(found, step, rule, f, user)
}

/** @type {(found: Found, unit: Unit) => Line} */
function standardized({ target, rating: given }, { shift, size }) {
  if (shift === 0 && size === 1) return [term("plain", "r", "", given)]
  const [z, r] = [term("plain", "z", "", target), term("plain", "r", "", given)]
  const centred = shift === 0 ? [r] : ["(", r, "−", term("plain", worded("mean"), "", shift), ")"]
  return [z, "=", ...centred, "/", term("plain", "s", "", size)]
}

/** @type {(found: Found, step: StepTaken, user: string) => Line} */
function dot({ p, q }, { products }, user) {
  const order = products.map((_, f) => f)
  const most = order.sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]))
  const some = (products.length > WRITTEN + 1 ? most.slice(0, WRITTEN) : most).sort((a, b) => a - b)
  const rest = order.filter((f) => !some.includes(f))
  const total = products.reduce((sum, value) => sum + value, 0)
  /** @type {Line} */
  const line = [term("factor", `${user}·q`, "", total), "="]
  some.forEach((f, at) => {
    if (at) line.push("+")
    line.push(term("user", user, `u${f + 1}`, p[f]), "·", term("item", "q", `i${f + 1}`, q[f]))
  })
  if (rest.length) {
    const others = rest.reduce((sum, f) => sum + products[f], 0)
    line.push("+", term("factor", worded("{n} others", { n: rest.length }), "", others))
  }
  return line
}

/** @type {(found: Found, step: StepTaken, rule: Rule, unit: Unit, user: string) => Line[]} */
function sums({ bu, bi }, { products, score, prediction }, { mean, ends }, unit, user) {
  const total = products.reduce((sum, value) => sum + value, 0)
  /** @type {Line[]} */
  const lines = [[
    term("plain", "x", "", score), "=", term("plain", "μ", "", clean(mean)), "+",
    term("user", "b", "u", bu), "+", term("item", "b", "i", bi), "+",
    term("factor", `${user}·q`, "", total),
  ]]
  const x = term("plain", "x", "", score)
  if (ends) {
    lines.push([
      term("plain", "r̂", "", prediction), "=", term("plain", worded("low"), "", ends[0]), "+",
      term("plain", worded("width"), "", ends[1] - ends[0]), "·", "σ(", x, ")",
    ])
  }
  if (unit.shift !== 0 || unit.size !== 1) lines.push(stars(ends ? "r̂" : "x", prediction, unit))
  return lines
}

// A prediction in the unit of training as a rating.
/** @type {(symbol: string, z: number, unit: Unit) => Line} */
function stars(symbol, z, unit) {
  return [
    term("plain", worded("predicted rating"), "", rating(z, unit)), "=",
    term("plain", worded("mean"), "", unit.shift), "+", term("plain", "s", "", unit.size), "·",
    term("plain", symbol, "", z),
  ]
}

/** @type {(found: Found, step: StepTaken, rule: Rule, unit: Unit) => Line[]} */
function errors({ target }, { prediction, error, slope }, { ends }, unit) {
  const plain = unit.shift === 0 && unit.size === 1
  /** @type {Line[]} */
  const lines = [[
    term("error", "e", "", error), "=", term("plain", plain ? "r" : "z", "", target), "−",
    term("plain", ends ? "r̂" : "x", "", prediction),
  ]]
  if (ends) {
    lines.push([
      term("error", "δ", "", error * slope), "=", term("error", "e", "", error), "·",
      term("plain", "dr̂/dx", "", slope),
    ])
  }
  if (!plain) {
    lines.push([
      term("error", worded("error in rating units"), "", error * unit.size), "=",
      term("plain", "s", "", unit.size), "·", term("error", "e", "", error),
    ])
  }
  return lines
}

// −δ θ' + λ θ of one factor and of the biases, in the two parts they are sums of.
/** @type {(found: Found, step: StepTaken, rule: Rule, f: number, user: string) => Line[]} */
function gradients(found, step, rule, f, user) {
  const { p, q, bu, bi, ru, ri } = found
  const delta = step.error * step.slope
  const e = term("error", rule.ends ? "δ" : "e", "", delta)
  const at = String(f + 1)
  const own = term("user", user, `u${at}`, p[f])
  const others = term("item", "q", `i${at}`, q[f])
  const moved = rule.in_turn ? term("user", worded("new {symbol}", { symbol: user }), `u${at}`, step.pAfter[f]) : own
  /** @type {(of: number[] | number) => number} */
  const part = (of) => (typeof of === "number" ? of : of[f])
  /** @type {(g: { error: number[] | number, penalty: number[] | number }) => number} */
  const total = (g) => part(g.error) + part(g.penalty)
  const [lu, li] = [term("plain", "λ", rule.ends ? "u" : "", ru), term("plain", "λ", rule.ends ? "i" : "", ri)]
  /** @type {Line[]} */
  const lines = [
    [term("user", `∂${user}`, `u${at}`, total(step.ofUser)), "=", "−", e, "·", others,
      ...(rule.waits ? [] : ["+", lu, "·", own])],
    [term("item", "∂q", `i${at}`, total(step.ofItem)), "=", "−", e, "·", moved, "+", li, "·", others],
  ]
  if (rule.biases) {
    lines.push(
      [term("user", "∂b", "u", total(step.ofUserBias)), "=", "−", e, "+", lu, "·", term("user", "b", "u", bu)],
      [term("item", "∂b", "i", total(step.ofItemBias)), "=", "−", e, "+", li, "·", term("item", "b", "i", bi)],
    )
  }
  return lines
}

// θ ← θ − γ ∂/∂θ of the same numbers.
/** @type {(found: Found, step: StepTaken, rule: Rule, f: number, user: string) => Line[]} */
function moves(found, step, rule, f, user) {
  const { p, q, bu, bi, times } = found
  const at = String(f + 1)
  const rate = term("plain", "γ", "", rule.rate)
  /** @type {(kind: "user" | "item", symbol: string, under: string, to: number, from: number, slope: number, more: Line) => Line} */
  const line = (kind, symbol, under, to, from, slope, more) => [
    term(kind, worded("new {symbol}", { symbol }), under, to), "=", term(kind, symbol, under, from), "−", ...more, rate,
    "·", term(kind, `∂${symbol}`, under, slope),
  ]
  const often = times === 1 ? [] : [term("plain", worded("times"), "", times), "·"]
  const lines = [
    line("user", user, `u${at}`, step.pAfter[f], p[f], step.ofUser.error[f] + step.ofUser.penalty[f], often),
    line("item", "q", `i${at}`, step.qAfter[f], q[f], step.ofItem.error[f] + step.ofItem.penalty[f], []),
  ]
  if (rule.biases) {
    const [u, i] = [step.ofUserBias, step.ofItemBias]
    lines.push(
      line("user", "b", "u", step.buAfter, bu, u.error + u.penalty, []),
      line("item", "b", "i", step.biAfter, bi, i.error + i.penalty, []),
    )
  }
  return lines
}

// The mean of standardized ratings is 0 up to rounding.
/** @param {number} mean */
function clean(mean) {
  return Math.abs(mean) < 1e-6 ? 0 : mean
}
