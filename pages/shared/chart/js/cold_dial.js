// @ts-check
// The dial of a new user's ratings: what is said and drawn after each of them, and the list, came ahead,
// so that they follow while it is dragged. Once it rests the page is told.

import { listen, sentAhead } from "./ahead.js"
import { layOver } from "./chart.js"
import { add, fill } from "./elements.js"
import { fixedWithMinus } from "./number_format.js"
import { worded } from "./sentences.js"
import "./style.js"

/** @import { ColdDial, ColdSteps, Component } from "./types.js" */

/** @type {WeakMap<HTMLElement, Dial>} */
const dials = new WeakMap()

// A key or a hand that rests so long, in milliseconds, has chosen.
const RESTS = 300

/** @param {Component<ColdDial>} component */
export function render({ parentElement, data, setTriggerValue }) {
  let dial = dials.get(parentElement)
  if (!dial) {
    dial = new Dial(parentElement)
    dials.set(parentElement, dial)
  }
  dial.update(data, (told) => setTriggerValue("counted", told))
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  dials.get(parentElement)?.leave()
  dials.delete(parentElement)
}

class Dial {
  /** @type {ColdDial | null} */
  data = null
  /** @type {(told: { at: number, number: number }) => void} */
  tell = () => {}
  at = 0
  number = 0 // of the last change made here
  told = 0 // and of the last one that the page was told
  keyed = false // the dial was moved by a key
  /** @type {number | undefined} */
  timer
  /** @type {string[]} */
  covered = [] // charts that something was laid over

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const box = (this.box = add(parent, "div", "fs-edit fs-dial"))
    const label = add(add(box, "div", "fs-edit-fields"), "label")
    this.name = add(label, "span")
    this.said = add(label, "span", "fs-edit-value")
    this.input = add(label, "input")
    Object.assign(this.input, { type: "range", min: 0, step: 1 })
    this.says = add(box, "p", "fs-edit-says")
    this.list = add(add(box, "div", "fs-edit-list"), "table")
    this.near = add(box, "p", "fs-edit-notes")
    // Heard once it rests, not while it moves.
    this.heard = add(box, "p", "fs-told")
    this.heard.setAttribute("role", "status")
    this.input.addEventListener("input", () => this.slide())
    this.input.addEventListener("keydown", () => (this.keyed = true))
    this.input.addEventListener("pointerdown", () => (this.keyed = false))
    // A key held down makes a “change” of each step: these wait for a rest.
    this.input.addEventListener("change", () => this.keyed || this.confirm())
    this.input.addEventListener("blur", () => this.confirm())
    this.deaf = listen(() => this.draw())
  }

  leave() {
    clearTimeout(this.timer)
    this.deaf()
    for (const chart of this.covered) layOver(chart, null)
  }

  /** @type {(data: ColdDial, tell: Dial["tell"]) => void} */
  update(data, tell) {
    const fresh = data.token !== this.data?.token
    const answered = !fresh && data.at !== this.data?.at && data.seen >= this.number
    this.data = data
    this.tell = tell
    if (fresh) this.number = this.told = data.seen
    if (data.seen >= this.number) this.at = data.at // else it has been moved on meanwhile
    this.draw()
    if (answered) this.heard.textContent = this.says.textContent
  }

  slide() {
    this.at = this.input.valueAsNumber
    this.number += 1
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.confirm(), RESTS)
    this.draw()
  }

  // Tell the page what is counted, if it does not know.
  confirm() {
    clearTimeout(this.timer)
    if (this.told === this.number) return
    this.told = this.number
    this.tell({ at: this.at, number: this.number })
  }

  draw() {
    const { data, at, input } = this
    /** @type {ColdSteps | null} */
    const sent = data && sentAhead(data.token)
    if (!data || !sent) return
    const { says, near, list, over } = sent.steps[at]
    const last = sent.steps.length - 1
    input.max = String(last)
    input.value = String(at)
    input.disabled = data.locked
    const how = worded("{at} of {last}", { at, last })
    this.name.textContent = worded("Ratings counted so far")
    input.setAttribute("aria-label", this.name.textContent)
    input.setAttribute("aria-valuetext", how)
    input.style.setProperty("--was", "0%")
    input.style.setProperty("--now", `${(100 * at) / last}%`)
    this.said.textContent = how
    this.says.textContent = says
    this.near.textContent = near
    this.list.setAttribute("aria-label", worded("The list after {at} of {last}", { at, last }))
    const headings = ["", data.heading, worded("predicted"), worded("since the latest")]
    fill(this.list, 1, headings, list.map(([name, predicted, move], place) => [
      String(place + 1), name, fixedWithMinus(predicted, 2), move,
    ]))
    const answered = data.seen >= this.number
    this.covered = Object.keys(over)
    for (const chart of this.covered) layOver(chart, over[chart], !answered)
    Object.assign(this.box.dataset, { at, by: answered ? "page" : "browser" })
  }
}
