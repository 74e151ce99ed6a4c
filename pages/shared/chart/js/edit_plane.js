// @ts-check
// One row's point in the plane of two of its factors, which can be dragged; others' points are faint.
//
// The axes are the factors themselves, with one scale for both: so a point is two of the numbers that
// sliders set, and what follows a drag is what follows the sliders (edit_row.js).

import { announcer } from "./announcer.js"
import { add } from "./elements.js"
import { fixedWithMinus } from "./number_format.js"
import { worded } from "./sentences.js"

/** @import { EditBlock, EditField } from "./types.js" */

/** @typedef {[across: number, up: number]} Point in the plane, in the factors' units */
/** @typedef {[across: EditField, up: EditField]} Axes */
/** @typedef {{ low: number, high: number }} Square the part of the plane that is drawn */

// Of a key that is held down, only where it comes to rest is told; in milliseconds.
const RESTS = 120

// Steps of the sliders: by an arrow key, and by one with Shift.
const STEP = 1, LEAP = 10

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

// --- where points lie -----------------------------------------------------------------------------

// As far as the farther of both sliders reaches, along both axes.
/** @type {(axes: Axes) => Square} */
export function squareOf([across, up]) {
  return { low: Math.min(across.low, up.low), high: Math.max(across.high, up.high) }
}

// How far from the left and from the top, 0 … 1.
/** @type {(square: Square, point: Point) => [left: number, top: number]} */
export function placed({ low, high }, [x, y]) {
  return [(x - low) / (high - low), (high - y) / (high - low)]
}

// The point after it was dragged by shares of the square's side, no farther than its sliders reach.
/** @type {(axes: Axes, from: Point, right: number, down: number) => Point} */
export function dragged(axes, [x, y], right, down) {
  const { low, high } = squareOf(axes)
  return within(axes, [x + right * (high - low), y - down * (high - low)])
}

// The point after an arrow key.
/** @type {(axes: Axes, from: Point, key: string, leap: boolean) => Point} */
export function stepped(axes, [x, y], key, leap) {
  const steps = leap ? LEAP : STEP
  const [right, up] = ARROWS[key]
  return within(axes, [x + right * steps * axes[0].step, y + up * steps * axes[1].step])
}

/** @type {(axes: Axes, point: Point) => Point} */
function within([across, up], [x, y]) {
  return [
    Math.min(Math.max(x, across.low), across.high), Math.min(Math.max(y, up.low), up.high),
  ]
}

// --- the picture ----------------------------------------------------------------------------------

export class Plane {
  /** @type {Axes | null} */
  axes = null
  /** @type {EditBlock | null} */
  block = null
  /** @type {Point} */
  at = [0, 0]
  /** @type {{ x: number, y: number, at: Point } | null} */
  held = null // where it was taken: on the screen, and in the plane
  locked = false
  /** @type {number | undefined} */
  resting

  /**
   * @param {HTMLElement} parent
   * @param {(...changes: [EditField, number][]) => void} set tells the new numbers
   * @param {() => void} confirm tells that it was let go
   */
  constructor(parent, set, confirm) {
    const figure = (this.figure = add(parent, "figure", "fs-edit-plane"))
    this.set = set
    this.says = add(figure, "figcaption")
    this.up = add(figure, "div", "fs-edit-axis fs-edit-up")
    this.square = add(figure, "div", "fs-edit-square")
    this.across = add(figure, "div", "fs-edit-axis")
    const point = (this.point = document.createElement("div"))
    point.className = "fs-edit-point"
    point.setAttribute("role", "application") // arrow keys come here, not to the screen reader
    this.name = add(point, "span")
    this.name.setAttribute("aria-hidden", "true") // the point itself is called so
    announcer()
    point.onpointerdown = (event) => this.take(event)
    point.onpointermove = (event) => this.drag(event)
    point.onlostpointercapture = () => {
      this.held = null
      confirm()
    }
    point.onkeydown = (event) => this.pressed(event)
    point.onfocus = () => point.matches(":focus-visible") && this.tell()
    point.onblur = confirm
  }

  leave() {
    clearTimeout(this.resting)
  }

  /** @type {(block: EditBlock, pair: [number, number] | null, row: number[], locked: boolean) => void} */
  show(block, pair, row, locked) {
    this.figure.hidden = !pair
    if (!pair) return
    const [across, up] = pair.map((place) => block.fields.find((field) => field.place === place))
    if (!across || !up) return
    if (block !== this.block || across !== this.axes?.[0] || up !== this.axes[1]) this.begin(block, [across, up])
    this.locked = locked
    this.point.tabIndex = locked ? -1 : 0
    this.point.setAttribute("aria-disabled", String(locked))
    this.at = [row[across.place], row[up.place]]
    const [left, top] = placed(squareOf([across, up]), this.at)
    Object.assign(this.point.style, { left: `${100 * left}%`, top: `${100 * top}%` })
    this.point.classList.toggle("fs-edit-flip", left > 0.6) // the name has room on the left
    const line = this.square.querySelector("line:last-of-type")
    line?.setAttribute("x2", String(100 * left))
    line?.setAttribute("y2", String(100 * top))
  }

  // All but the point: another row, or other axes.
  /** @type {(block: EditBlock, axes: Axes) => void} */
  begin(block, axes) {
    this.block = block
    this.axes = axes
    const { name, side, points } = block
    const square = squareOf(axes)
    const k = block.numbers.row.length - 1
    const factors = block.fields.filter(({ place }) => place < k) // else it is the bias
    this.says.textContent = k > 2
      ? worded("Drag the point, or move it by arrow keys: only its two factors change. The axes are factors, not directions of the map, along which all factors would change.")
      : worded("Drag the point, or move it by arrow keys: both factors change.")
    for (const [axis, element] of /** @type {const} */ ([[axes[0], this.across], [axes[1], this.up]])) {
      element.replaceChildren()
      for (const text of [number(square.low), axis.label, number(square.high)]) add(element, "span", "", text)
    }
    const others = /** @type {const} */ (["user", "item"]).map((kind) => {
      const rows = points[kind]
      const [x, y] = axes.map((axis) => factors.indexOf(axis))
      const marks = []
      for (let row = 0; row < rows.length; row += factors.length) {
        const [left, top] = placed(square, [rows[row + x], rows[row + y]])
        if (left >= 0 && left <= 1 && top >= 0 && top <= 1) marks.push(MARKS[kind](100 * left, 100 * top))
      }
      return `<path class="fs-${kind}" d="${marks.join("")}"/>`
    })
    const [zx, zy] = placed(square, [0, 0]).map((share) => 100 * share)
    const [x, y] = placed(square, [axes[0].now, axes[1].now]).map((share) => 100 * share)
    // Numbers alone go into it, never text that people bring.
    this.square.innerHTML = `<svg viewBox="0 0 100 100" aria-hidden="true">
      <line x1="0" x2="100" y1="${zy}" y2="${zy}"/><line x1="${zx}" x2="${zx}" y1="0" y2="100"/>
      ${others.join("")}<circle cx="${x}" cy="${y}" r="2"/><line class="fs-was" x1="${x}" y1="${y}"/></svg>`
    this.square.append(this.point)
    this.name.textContent = name
    this.point.dataset.side = side
    this.point.setAttribute("aria-label", worded("{name} in the plane of {across} and {up}", {
      name, across: axes[0].label, up: axes[1].label,
    }))
    this.point.setAttribute("aria-roledescription", worded("point"))
    this.point.setAttribute("aria-description", worded("Arrow keys move it by one step, with Shift by ten."))
  }

  /** @param {PointerEvent} event */
  take(event) {
    if (this.locked || event.button) return
    this.point.setPointerCapture(event.pointerId)
    this.held = { x: event.clientX, y: event.clientY, at: this.at }
  }

  /** @param {PointerEvent} event */
  drag({ clientX, clientY }) {
    const { axes, held } = this
    const size = this.square.clientWidth
    if (axes && held) this.move(dragged(axes, held.at, (clientX - held.x) / size, (clientY - held.y) / size))
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key, shiftKey, altKey, ctrlKey, metaKey } = event
    if (!(key in ARROWS) || altKey || ctrlKey || metaKey || !this.axes || this.locked) return
    event.preventDefault() // the page would scroll
    event.stopPropagation()
    this.move(stepped(this.axes, this.at, key, shiftKey))
    this.tell()
  }

  /** @param {Point} point */
  move(point) {
    if (this.axes) this.set([this.axes[0], point[0]], [this.axes[1], point[1]])
  }

  tell() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      const said = this.axes?.map(({ label }, axis) =>
        worded("{name}: {value}", { name: label, value: number(this.at[axis]) }))
      announcer().textContent = said?.join(", ") ?? ""
    }, RESTS)
  }
}

/** @type {(value: number) => string} */
const number = (value) => fixedWithMinus(value, 2)

// A user is a circle, an item a diamond; in hundredths of the square's side.
const MARKS = {
  /** @type {(x: number, y: number) => string} */
  user: (x, y) => `M${(x - 0.8).toFixed(2)} ${y.toFixed(2)}a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0-1.6 0`,
  /** @type {(x: number, y: number) => string} */
  item: (x, y) => `M${x.toFixed(2)} ${(y - 1).toFixed(2)}l1 1l-1 1l-1-1Z`,
}
