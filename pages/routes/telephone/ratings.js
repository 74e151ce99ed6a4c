// @ts-check
// The scale of a room: what can be pressed, in which colour, and how a rating is said.

import { given, marked } from "../../shared/chart/js/number_format.js"
import { worded } from "../../shared/chart/js/sentences.js"

/** @import { Scale } from "./types.js" */

// The rating scale, low to high, and the ink on it: as recsys_core/figures/theme.py says.
const COLOURS = ["#D5F0F7", "#A6DAF2", "#7DC3EE", "#5CAAE9", "#478FE0", "#3D75D3", "#3B5AC0", "#3940A8", "#34288B"]
const [PALE_INK, DEEP_INK, EDGE] = ["#20232E", "#FFFFFF", 0.55]

// More steps than this are chosen with a slider.
const MOST_BUTTONS = 11

// The ratings that can be pressed, low to high; none where the scale has too many steps.
/** @param {Scale} scale */
export function steps({ low, high, step }) {
  if (!step) return []
  const n = Math.round((high - low) / step) + 1
  if (n > MOST_BUTTONS) return []
  return Array.from({ length: n }, (_, i) => +(low + i * step).toPrecision(12))
}

/** @type {(scale: Scale, value: number) => { background: string, color: string }} */
export function colours({ low, high }, value) {
  const share = high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 1
  const background = COLOURS[Math.round(share * (COLOURS.length - 1))]
  return { background, color: share > EDGE ? DEEP_INK : PALE_INK }
}

// The word for a rating, or "".
/** @type {(scale: Scale, value: number) => string} */
export function wordFor({ words }, value) {
  return words?.find(([rating]) => rating === value)?.[1] ?? ""
}

// A rating as it is said: “4”, or “4: I like it”.
/** @type {(scale: Scale, value: number) => string} */
export function said(scale, value) {
  const word = wordFor(scale, value)
  return word ? `${given(value)}: ${word}` : given(value)
}

// What the numbers mean, where no words say it.
/** @param {Scale} scale */
export function ends({ low, high }) {
  return worded("{low} is the lowest rating, {high} the highest.", { low: given(low), high: given(high) })
}

// A prediction: one decimal, within the scale.
/** @type {(scale: Scale, value: number) => string} */
export function predicted({ low, high }, value) {
  return marked(Math.min(Math.max(value, low), high).toFixed(1))
}
