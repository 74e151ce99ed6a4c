// @ts-check
// The buttons by which one thing is rated.

import { add } from "../../shared/chart/js/elements.js"
import { given } from "../../shared/chart/js/number_format.js"
import { worded } from "../../shared/chart/js/sentences.js"
import { colours, said, steps, wordFor } from "./ratings.js"

/** @import { Scale } from "./types.js" */

// Add them; `choose` hears what is pressed. Returns how to show what is chosen.
/** @type {(parent: HTMLElement, scale: Scale, name: string, choose: (value: number) => void) => (value: number | null) => void} */
export function choice(parent, scale, name, choose) {
  const group = add(parent, "div", "choice")
  group.setAttribute("role", "group")
  group.setAttribute("aria-label", worded("Your rating of {thing}", { thing: name }))
  const values = steps(scale)
  return values.length ? buttons(group, scale, values, choose) : slider(group, scale, name, choose)
}

/** @type {(group: HTMLElement, scale: Scale, values: number[], choose: (value: number) => void) => (value: number | null) => void} */
function buttons(group, scale, values, choose) {
  group.classList.toggle("words", values.some((value) => wordFor(scale, value)))
  group.style.setProperty("--n", String(values.length > 6 ? Math.ceil(values.length / 2) : values.length))
  const made = values.map((value) => {
    const button = add(group, "button", "rating", said(scale, value))
    button.type = "button"
    Object.assign(button.style, colours(scale, value))
    button.onclick = () => choose(value)
    return button
  })
  return (value) => {
    made.forEach((button, i) => button.setAttribute("aria-pressed", String(values[i] === value)))
  }
}

/** @type {(group: HTMLElement, scale: Scale, name: string, choose: (value: number) => void) => (value: number | null) => void} */
function slider(group, scale, name, choose) {
  group.classList.add("slides")
  const input = add(group, "input")
  const { low, high, step } = scale
  Object.assign(input, { type: "range", min: String(low), max: String(high), step: step ? String(step) : "any" })
  input.setAttribute("aria-label", name)
  const button = add(group, "button", "rating")
  button.type = "button"
  const show = () => {
    const value = +input.valueAsNumber.toPrecision(3)
    button.textContent = worded("Rate {rating}", { rating: given(value) })
    Object.assign(button.style, colours(scale, value))
    return value
  }
  input.oninput = show
  button.onclick = () => choose(show())
  return (value) => {
    input.value = String(value ?? (low + high) / 2)
    button.setAttribute("aria-pressed", String(value !== null))
    show()
  }
}
