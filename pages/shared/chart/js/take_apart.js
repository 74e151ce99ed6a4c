// @ts-check
// One rating's step taken apart, as recsys_core/asking/inside/microscope.py does it: pure functions.
// Numbers are those that the kernel's float32 tables hold; what is computed from them has 64 bits.

import { number } from "./number_format.js"
import { sentence } from "./sentences.js"

/** @import { Found, Gradient, Rule, StepTaken, Unit } from "./types.js" */

export const SUB_STEPS = ["rating", "products", "sum", "error", "gradients", "after"]

/**
 *     x = μ + b_u + b_i + Σ p_f q_f        r̂ = x, or low + (high − low) σ(x)
 *     e = z − r̂        δ = e dr̂/dx
 *     ∂/∂p = −δ q + λ p        ∂/∂q = −δ p + λ q        ∂/∂b = −δ + λ b        θ ← θ − γ ∂/∂θ
 *
 * With SVD++ p is the user's sum, which takes the first part `times` times and the second later.
 * @type {(found: Found, rule: Rule) => StepTaken}
 */
export function takeApart(found, rule) {
  const { p, q, bu, bi, ru, ri, times } = found
  const { mean, rate, biases, waits, in_turn } = rule
  const products = p.map((value, f) => value * q[f])
  const score = mean + bu + bi + sum(products)
  const [prediction, slope] = linked(score, rule)
  const error = found.target - prediction
  const delta = error * slope
  /** @type {Gradient<number[]>} */
  const ofUser = { error: q.map((v) => -delta * v), penalty: p.map((v) => (waits ? 0 : ru * v)) }
  const pAfter = p.map((v, f) => v - rate * (times * ofUser.error[f] + ofUser.penalty[f]))
  const seen = in_turn ? pAfter : p
  /** @type {Gradient<number[]>} */
  const ofItem = { error: seen.map((v) => -delta * v), penalty: q.map((v) => ri * v) }
  const qAfter = q.map((v, f) => v - rate * (ofItem.error[f] + ofItem.penalty[f]))
  /** @type {(bias: number, reg: number) => Gradient<number>} */
  const ofBias = (bias, reg) =>
    biases ? { error: -delta, penalty: reg * bias } : { error: 0, penalty: 0 }
  const [ofUserBias, ofItemBias] = [ofBias(bu, ru), ofBias(bi, ri)]
  const buAfter = bu - rate * (ofUserBias.error + ofUserBias.penalty)
  const biAfter = bi - rate * (ofItemBias.error + ofItemBias.penalty)
  const after = mean + buAfter + biAfter + sum(pAfter.map((value, f) => value * qAfter[f]))
  return {
    products, score, prediction, error, slope, ofUser, ofItem, ofUserBias, ofItemBias,
    pAfter, qAfter, buAfter, biAfter, predictionAfter: linked(after, rule)[0],
  }
}

// The factor that does most: of the products, the one farthest from 0.
/** @param {number[]} products */
export function strongest(products) {
  return products.reduce((most, v, f) => (Math.abs(v) > Math.abs(products[most]) ? f : most), 0)
}

// A number in the unit of training as a rating.
/** @type {(z: number, unit: Unit) => number} */
export function rating(z, { shift, size }) {
  return shift + size * z
}

// What is said at a sub-step, by the page's templates: as step_words.py says it.
/** @type {(subStep: string, found: Found, rule: Rule, unit: Unit, words: Record<string, string>) => string} */
export function saidOf(subStep, found, rule, unit, words) {
  const step = takeApart(found, rule)
  const say = (/** @type {string} */ id, /** @type {Record<string, string>} */ values) =>
    sentence({ id: words[id], values })
  const stars = (/** @type {number} */ z) => number(rating(z, unit))
  if (subStep === "rating") {
    const { user_name: user, item_name: item, said, target } = found
    const plain = unit.shift === 0 && unit.size === 1
    return say(plain ? "rating_plain" : "rating", { user, item, said, target: number(target) })
  }
  if (subStep === "products") {
    const f = strongest(step.products)
    const [p, q, product] = [found.p[f], found.q[f], step.products[f]].map(number)
    return say("products", { factor: String(f + 1), p, q, product })
  }
  if (subStep === "sum") {
    const values = { score: number(step.score), predicted: stars(step.prediction) }
    return say(rule.ends ? "sum_linked" : "sum", values)
  }
  if (subStep === "error") {
    const away = number(Math.abs(step.error) * unit.size)
    return say(step.error >= 0 ? "error_low" : "error_high", { away })
  }
  if (subStep === "gradients") return say(rule.waits ? "gradients_waits" : "gradients", {})
  return say(found.times === 1 ? "after" : "after_twice", {
    rate: number(rule.rate), times: number(found.times), before: stars(step.prediction),
    after: stars(step.predictionAfter),
  })
}

/** @type {(score: number, rule: Rule) => [prediction: number, slope: number]} */
function linked(score, { ends }) {
  if (!ends) return [score, 1]
  const [low, high] = ends
  const share = 1 / (1 + Math.exp(-score))
  return [low + (high - low) * share, (high - low) * share * (1 - share)]
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}
