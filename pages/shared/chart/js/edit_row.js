// @ts-check
// One row's numbers on sliders, two of them as a point as well (edit_plane.js), and what follows from
// them: list, neighbours, errors.
//
// While one moves, all that follows is worked out here (edited.js). At rest the page is told, and what
// it answers, from the whole model, takes the place of that.

import { listen, sentAhead } from "./ahead.js"
import { Plane } from "./edit_plane.js"
import { floats, follow, unpacked } from "./edited.js"
import { add, fill } from "./elements.js"
import { error, fixedWithMinus as number } from "./number_format.js"
import { sentence, worded } from "./sentences.js"
import "./style.js"

/** @import { Component, EditBlock, EditBlockSent, EditField, EditRow, Followed } from "./types.js" */

/** @type {WeakMap<HTMLElement, Panel>} */
const panels = new WeakMap()

// A key or a hand that rests so long, in milliseconds, has chosen.
const RESTS = 300

/** @param {Component<EditRow>} component */
export function render({ parentElement, data, setTriggerValue }) {
  let panel = panels.get(parentElement)
  if (!panel) {
    panel = new Panel(parentElement)
    panels.set(parentElement, panel)
  }
  panel.update(data, (told) => setTriggerValue("moved", told))
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  panels.get(parentElement)?.leave()
  panels.delete(parentElement)
}

class Panel {
  /** @type {EditRow | null} */
  data = null
  /** @type {EditBlockSent | null} */
  sent = null
  /** @type {EditBlock | null} */
  block = null // the same, unpacked
  /** @type {(told: { token: string, number: number, moved: [number, number][] }) => void} */
  tell = () => {}
  /** @type {Map<number, number>} */
  moved = new Map() // by place in the row
  number = 0 // of the last change made here
  told = 0 // and of the last one that the page was told
  keyed = false // the last slider was moved by a key
  /** @type {number | undefined} */
  timer
  /** @type {{ input: HTMLInputElement, said: HTMLElement, field: EditField }[]} */
  sliders = []

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const box = (this.box = add(parent, "div", "fs-edit"))
    this.says = add(box, "p", "fs-edit-says")
    const body = add(box, "div", "fs-edit-body")
    const own = add(body, "div", "fs-edit-own")
    this.plane = new Plane(own, (...changes) => this.set(...changes), () => this.confirm())
    this.fields = add(own, "div", "fs-edit-fields")
    this.fields.setAttribute("role", "group")
    this.list = add(add(body, "div", "fs-edit-list"), "table")
    this.near = add(add(body, "div", "fs-edit-near"), "table")
    this.notes = add(box, "div", "fs-edit-notes")
    // Heard once the page has answered, not while a slider moves.
    this.heard = add(box, "p", "fs-told")
    this.heard.setAttribute("role", "status")
    this.fields.addEventListener("keydown", () => (this.keyed = true))
    this.fields.addEventListener("pointerdown", () => (this.keyed = false))
    // A key held down makes a “change” of each step: these wait for a rest.
    this.fields.addEventListener("change", () => this.keyed || this.confirm())
    this.fields.addEventListener("focusout", () => this.confirm())
    this.deaf = listen(() => this.draw())
  }

  leave() {
    clearTimeout(this.timer)
    this.plane.leave()
    this.deaf()
  }

  /** @type {(data: EditRow, tell: Panel["tell"]) => void} */
  update(data, tell) {
    const fresh = data.token !== this.data?.token
    const changed = !fresh && String(data.moved) !== String(this.data?.moved)
    this.data = data
    this.tell = tell
    if (fresh) this.number = this.told = data.seen
    if (data.seen >= this.number) {
      // All that was changed here is taken in; so this is also how numbers are put back.
      clearTimeout(this.timer)
      this.moved = new Map(data.moved)
    }
    this.draw()
    if (changed && data.seen >= this.number) this.heard.textContent = this.says.textContent
  }

  // Some of the numbers are to be these.
  /** @type {(...changes: [EditField, number][]) => void} */
  set(...changes) {
    for (const [field, value] of changes) {
      // The trained number itself, which lies between two steps, until it is moved.
      if (Math.abs(value - field.start) < field.step / 2) this.moved.delete(field.place)
      else this.moved.set(field.place, value)
    }
    this.number += 1
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.confirm(), RESTS)
    this.draw()
  }

  // Tell the page what is set, if it does not know.
  confirm() {
    clearTimeout(this.timer)
    if (!this.data || this.told === this.number) return
    this.told = this.number
    this.tell({ token: this.data.token, number: this.number, moved: [...this.moved] })
  }

  draw() {
    const { data } = this
    /** @type {EditBlockSent | null} */
    const sent = data && sentAhead(data.token)
    if (!data || !sent) return
    const block = sent === this.sent && this.block ? this.block : this.begin(sent)
    for (const { input, said, field } of this.sliders) {
      const value = this.moved.get(field.place)
      const shown = value ?? field.start
      if (input.valueAsNumber !== shown) input.value = String(shown)
      const trained = number(field.now, 3)
      said.textContent = number(value ?? field.now, 3)
      input.setAttribute("aria-valuetext", value === undefined
        ? worded("{number}, as trained", { number: trained })
        : worded("{number}, trained {trained}", { number: said.textContent, trained }))
      input.disabled = data.locked
      input.style.setProperty("--now", share(field, shown))
    }
    const answers = data.seen >= this.number
    const row = block.numbers.row.slice()
    for (const [place, value] of this.moved) row[place] = value
    this.plane.show(block, data.plane, row, data.locked)
    this.show(block, answers ? data.answer : follow(block.numbers, row))
    Object.assign(this.box.dataset, { by: answers ? "page" : "browser", moved: this.moved.size })
  }

  // The sliders of another row.
  /** @param {EditBlockSent} sent */
  begin(sent) {
    this.sent = sent
    const points = { user: floats(sent.points.user), item: floats(sent.points.item) }
    const block = (this.block = { ...sent, points, numbers: unpacked(sent.numbers, sent.lengths) })
    this.fields.setAttribute("aria-label", worded("Numbers of {name}", { name: block.name }))
    this.fields.replaceChildren()
    this.heard.textContent = ""
    this.sliders = block.fields.map((field) => {
      const label = add(this.fields, "label")
      add(label, "span", "", field.label)
      const said = add(label, "span", "fs-edit-value")
      const input = add(label, "input")
      Object.assign(input, { type: "range", min: field.low, max: field.high, step: field.step })
      input.setAttribute("aria-label", field.label) // else its number would be part of its name
      input.style.setProperty("--was", share(field, field.now))
      input.oninput = () => this.set([field, input.valueAsNumber])
      return { input, said, field }
    })
    this.notes.replaceChildren()
    for (const note of block.notes) add(this.notes, "p", "", note)
    return block
  }

  /** @type {(block: EditBlock, found: Followed) => void} */
  show({ name, heading, ratings, words }, { list, near, rmse }) {
    const [before, after] = rmse ?? [0, 0]
    const which = !rmse ? "none" : !this.moved.size ? "trained" : after > before ? "up" : "down"
    const values = { name, ratings, before: error(before), after: error(after) }
    this.says.textContent = sentence({ id: words[which], values })
    this.list.setAttribute("aria-label", worded("The list that follows from the numbers as they are set"))
    this.near.setAttribute("aria-label", worded("The most similar with the numbers as they are set"))
    fill(this.list, 1, ["", heading, worded("predicted"), worded("before"), worded("place before")], list.map((each, at) => [
      String(at + 1), each.name, number(each.predicted, 2), number(each.before, 2), String(each.place || "–"),
    ]))
    fill(this.near, 0, [worded("most similar"), worded("cosine"), ""], near.map((each) => [
      each.name, number(each.cosine, 3), each.fresh ? worded("new") : "",
    ]))
  }
}

// How far along its slider a value lies.
/** @type {(field: EditField, value: number) => string} */
function share({ low, high }, value) {
  return `${(100 * (value - low)) / (high - low)}%`
}
