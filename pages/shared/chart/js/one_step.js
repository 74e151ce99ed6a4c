// @ts-check
// One rating's step under the microscope: sub-steps forward and back, slow motion, the next ratings.
//
// The page sends some 64 ratings ahead (pages/panels/inside/one_rating.py); all that is shown of them
// is computed here, so that a sub-step asks nothing of the server. It is asked when these run out.

import { add } from "./elements.js"
import { listen as hearScale, typeOf } from "./enlarge.js"
import { worded } from "./sentences.js"
import "./style.js"
import { barsOf, heightOfBars, planeOf, rowsOf, timesOf } from "./step_bars.js"
import { linesOf } from "./step_formula.js"
import { SUB_STEPS, saidOf, takeApart } from "./take_apart.js"

/** @import { Component, Microscope, Term } from "./types.js" */

/** @type {WeakMap<HTMLElement, Panel>} */
const panels = new WeakMap()

// In slow motion, how long a sub-step stays; and how long numbers take to move; in milliseconds.
const STAYS = 2200
const MOVES = 700

// Fewer ratings than this are left ahead: more are asked for.
const LOW = 16

/** @param {Component<Microscope>} component */
export function render({ parentElement, data, setTriggerValue }) {
  let panel = panels.get(parentElement)
  if (!panel) {
    panel = new Panel(parentElement)
    panels.set(parentElement, panel)
  }
  panel.update(data, (asked) => setTriggerValue("asked", asked))
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  panels.get(parentElement)?.leave()
  panels.delete(parentElement)
}

/** @typedef {{ place: number, at: number }} Where the rating, and the sub-step of it, from 0 */

// One sub-step on or back; over the end of a rating to the next or the one before.
/** @type {(where: Where, by: 1 | -1, n: number) => Where} */
export function walked({ place, at }, by, n) {
  const last = SUB_STEPS.length - 1
  if (by > 0) return at < last ? { place, at: at + 1 } : place + 1 < n ? { place: place + 1, at: 0 } : { place, at }
  return at > 0 ? { place, at: at - 1 } : place > 0 ? { place: place - 1, at: last } : { place, at }
}

class Panel {
  /** @type {Microscope | null} */
  data = null
  /** @type {(asked: { first: number }) => void} */
  ask = () => {}
  /** @type {Where} */
  where = { place: 0, at: 0 }
  asked = -1 // the place that was asked for last
  playing = false
  /** @type {number | undefined} */
  timer
  share = 1 // how far the numbers have moved
  /** @type {HTMLButtonElement[]} */
  subSteps = []

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const box = (this.box = add(parent, "div", "fs-step"))
    box.tabIndex = 0
    box.setAttribute("role", "group")
    box.onkeydown = (event) => this.pressed(event)
    const head = add(box, "p", "fs-step-head")
    this.who = add(head, "b")
    this.when = add(head, "span", "fs-step-when")
    const controls = add(box, "div", "fs-step-controls")
    /** @type {(name: string, press: () => void) => HTMLButtonElement} */
    const button = (name, press) => {
      const made = add(controls, "button")
      made.type = "button"
      made.dataset.do = name
      made.onclick = press
      return made
    }
    this.back = button("back", () => this.walk(-1))
    this.on = button("on", () => this.walk(1))
    this.slow = button("slow", () => this.play(!this.playing))
    this.next = button("next", () => this.go({ place: this.where.place + 1, at: 0 }))
    this.cell = button("cell", () => this.toCell())
    this.steps = add(box, "div", "fs-step-steps")
    this.steps.setAttribute("role", "group")
    this.says = add(box, "p", "fs-step-says")
    this.says.setAttribute("aria-live", "polite")
    this.formula = add(box, "div", "fs-step-formula")
    this.formula.tabIndex = 0 // where it is too wide it is scrolled
    this.formula.setAttribute("role", "group")
    const body = add(box, "div", "fs-step-body")
    this.bars = add(body, "div", "fs-step-bars")
    const plane = (this.plane = add(body, "figure", "fs-step-plane"))
    this.drawing = add(plane, "div")
    this.caption = add(plane, "figcaption")
    this.note = add(box, "p", "fs-step-note")
    this.deaf = hearScale(() => this.draw())
    this.sizes = new ResizeObserver(() => this.draw())
    this.sizes.observe(box)
  }

  leave() {
    this.play(false)
    this.deaf()
    this.sizes.disconnect()
  }

  /** @type {(data: Microscope, ask: (asked: { first: number }) => void) => void} */
  update(data, ask) {
    const fresh = data.token !== this.data?.token
    this.data = data
    this.ask = ask
    this.asked = -1
    if (fresh) {
      this.play(false)
      this.where = { place: data.begin, at: 0 }
    }
    if (!this.subSteps.length) {
      this.subSteps = data.sub_steps.map((_, at) => {
        const made = add(this.steps, "button")
        made.type = "button"
        made.onclick = () => this.go({ ...this.where, at })
        return made
      })
    }
    this.draw()
  }

  // What is known of the rating; undefined while the page is asked for it.
  get found() {
    const { data, where } = this
    return data?.steps[where.place - data.first]
  }

  /** @param {1 | -1} by */
  walk(by) {
    if (this.data) this.go(walked(this.where, by, this.data.n_steps))
  }

  toCell() {
    const place = this.data?.cell
    if (typeof place === "number") this.go({ place, at: 0 })
  }

  /** @param {Where} to */
  go(to) {
    const { data } = this
    if (!data || to.place < 0 || to.place >= data.n_steps) return
    const moved = to.at === SUB_STEPS.length - 1 && (to.at !== this.where.at || to.place !== this.where.place)
    this.where = to
    const end = data.first + data.steps.length
    const few = end - to.place < LOW && end < data.n_steps
    if ((few || to.place < data.first) && this.asked !== to.place && !data.locked) {
      this.asked = to.place
      this.ask({ first: to.place })
    }
    if (moved && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.move()
    else this.share = 1
    this.draw()
  }

  // The numbers move from before the step to after it.
  move() {
    const began = performance.now()
    const { place } = this.where
    this.share = 0
    const frame = () => {
      if (this.where.place !== place || this.where.at !== SUB_STEPS.length - 1) return
      this.share = Math.min((performance.now() - began) / MOVES, 1)
      this.draw()
      if (this.share < 1) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  }

  /** @param {boolean} playing */
  play(playing) {
    this.playing = playing
    this.name()
    clearTimeout(this.timer)
    if (playing) this.timer = setTimeout(() => this.played(), STAYS / 2)
  }

  played() {
    const before = this.where
    if (this.found) this.walk(1)
    if (this.where === before && this.found) return this.play(false)
    this.timer = setTimeout(() => this.played(), STAYS)
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key, altKey, ctrlKey, metaKey } = event
    if (altKey || ctrlKey || metaKey) return
    const { place } = this.where
    if (key === "ArrowRight") this.walk(1)
    else if (key === "ArrowLeft") this.walk(-1)
    else if (key === "ArrowDown") this.go({ place: place + 1, at: 0 })
    else if (key === "ArrowUp") this.go({ place: place - 1, at: 0 })
    else if (key === "Home") this.go({ place, at: 0 })
    else if (key === "End") this.go({ place, at: SUB_STEPS.length - 1 })
    else return
    event.preventDefault() // the page would scroll
    event.stopPropagation()
  }

  // The words that stay as they are, in the page's language.
  name() {
    this.box.setAttribute("aria-label", worded("One rating, one step"))
    this.box.setAttribute("aria-description", worded(
      "Left and right arrow keys go a sub-step back and forward, up and down to the rating before and after.",
    ))
    this.steps.setAttribute("aria-label", worded("Sub-steps"))
    this.formula.setAttribute("aria-label", worded("Formula"))
    this.back.textContent = worded("‹ Back")
    this.on.textContent = worded("Forward ›")
    this.slow.textContent = this.playing ? worded("⏸ Hold") : worded("▶ Slow motion")
    this.next.textContent = worded("Next rating")
    this.cell.textContent = worded("The selected cell")
    this.subSteps.forEach((button, at) => (button.textContent = `${at + 1} ${this.data?.sub_steps[at]}`))
  }

  draw() {
    const { data, where, found } = this
    if (!data) return
    const { place, at } = where
    this.name()
    this.box.setAttribute("aria-busy", String(!found))
    Object.assign(this.box.dataset, { place, sub: SUB_STEPS[at] })
    this.back.disabled = data.locked || (place === 0 && at === 0)
    this.on.disabled = data.locked || (place === data.n_steps - 1 && at === SUB_STEPS.length - 1)
    this.next.disabled = data.locked || place >= data.n_steps - 1
    this.slow.disabled = data.locked
    this.cell.hidden = data.cell === null
    this.cell.disabled = data.locked || data.cell === place
    this.subSteps.forEach((button, n) => {
      button.setAttribute("aria-pressed", String(n === at))
      button.disabled = data.locked
    })
    this.note.textContent = data.note
    this.note.hidden = !data.note
    if (!found) {
      this.says.textContent = worded("The next ratings are on their way …")
      return
    }
    const sub = SUB_STEPS[at]
    const step = takeApart(found, data.rule)
    this.who.textContent = `${found.user_name} × ${found.item_name}`
    this.when.textContent = ` · ${worded("rating {place:,} of {n_steps:,} in epoch {epoch:,}", {
      place: place + 1, n_steps: data.n_steps, epoch: data.epoch,
    })}`
    say(this.says, saidOf(sub, found, data.rule, data.unit, data.words))
    this.write(linesOf(sub, found, step, data.rule, data.unit))
    const type = typeOf(13)
    const width = Math.max(this.bars.clientWidth, 200)
    const rows = rowsOf(sub, found, step, this.share)
    const height = heightOfBars(type)
    const label = rows.map((row) => row.label).join(", ")
    this.bars.innerHTML = svg(width, height, type, worded("Bars, one a factor: {label}", { label }), barsOf(rows, width, type))
    this.plane.hidden = !data.plane
    if (data.plane) {
      const size = Math.max(Math.min(this.drawing.clientWidth, height), 160)
      const share = sub === "after" ? this.share : 0
      const drawn = planeOf(data.plane, found, step, share, size, type)
      this.drawing.innerHTML = svg(size, size, type, worded("The user and the item in the latent plane"), drawn)
      const times = timesOf(data.plane, found, step)
      this.caption.textContent = sub !== "after"
        ? worded("Where the two are before the step: user ●, item ◆.")
        : times === 1 ? worded("The arrows lead from before the step to after it.")
        : worded("The arrows lead from before the step to after it, drawn {times} times as long as they are.", { times })
    }
  }

  /** @param {(string | Term)[][]} lines */
  write(lines) {
    this.formula.replaceChildren()
    for (const line of lines) {
      const row = add(this.formula, "div", "fs-formula-line")
      for (const each of line) {
        if (typeof each === "string") {
          add(row, "span", "fs-operator", each)
          continue
        }
        const term = add(row, "span", `fs-term fs-${each.kind}`)
        const symbol = add(term, "i", "", each.symbol)
        if (each.under) add(symbol, "sub", "", each.under)
        add(term, "span", "", each.value)
      }
    }
  }
}

// What has not changed is not said again to those who hear it.
/** @type {(node: HTMLElement, text: string) => void} */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** @type {(width: number, height: number, type: number, alt: string, inner: string) => string} */
function svg(width, height, type, alt, inner) {
  return `<svg width="${width}" height="${height}" font-size="${type}" role="img" aria-label="${alt}">${inner}</svg>`
}
