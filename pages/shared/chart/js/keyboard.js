// @ts-check
// A chart that can be clicked, without a mouse: arrow keys move a cursor over the cells of a matrix
// or the points of a map, Home and End go to the ends, Enter selects as a click does.
//
// Where the cursor is, the hover label is shown, and a screen reader is told what it says.

import { announcer } from "./announcer.js"
import { clicked } from "./selection_marks.js"
import { worded } from "./sentences.js"
import * as store from "./store.js"

/** @import { Axis, Marks, Plot } from "./types.js" */
/** @import { Click } from "./selection_marks.js" */
/** @typedef {Click & { left: number, top: number }} Spot */

export const how = () => worded("Arrow keys move from one to the next, Enter selects.")

/** @type {Record<string, ["left" | "top", number]>} */
const STEPS = {
  ArrowLeft: ["left", -1],
  ArrowRight: ["left", 1],
  ArrowUp: ["top", -1],
  ArrowDown: ["top", 1],
  Home: ["left", -Infinity],
  End: ["left", Infinity],
}

// Of a key that is held down, only where it comes to rest is told; in milliseconds.
const RESTS = 120

// Pixels across the cursor around a point.
const AROUND = 24

export class Keyboard {
  /** @type {Marks | null} */
  marks = null
  /** @type {Spot | null} */
  at = null
  /** @type {number | undefined} */
  resting

  /** @param {Plot} plot @param {(click: Click) => void} choose */
  constructor(plot, choose) {
    this.plot = plot
    this.choose = choose
    this.cursor = document.createElement("div")
    this.cursor.className = "fs-cursor"
    this.cursor.hidden = true
    // With the mouse, the hover label is where the mouse is.
    plot.onfocus = () => plot.matches(":focus-visible") && this.show() && this.tell()
    plot.onblur = () => this.hide()
    plot.onkeydown = (event) => this.pressed(event)
  }

  // What can be reached now; null: nothing.
  /** @param {Marks | null} marks */
  update(marks) {
    this.marks = marks
    const { plot } = this
    if (marks) {
      plot.tabIndex = 0
      plot.setAttribute("role", "application") // arrow keys come here, not to the screen reader
      plot.setAttribute("aria-roledescription", marks.rows ? worded("matrix") : worded("map"))
      plot.setAttribute("aria-description", how())
      announcer()
    } else {
      plot.removeAttribute("tabindex")
      plot.setAttribute("role", "figure")
      plot.removeAttribute("aria-roledescription")
      plot.removeAttribute("aria-description")
    }
    this.refresh()
  }

  // The chart has been drawn anew, or been moved.
  refresh() {
    if (!this.cursor.hidden) this.show()
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key, target, altKey, ctrlKey, metaKey } = event
    if (target !== this.plot || altKey || ctrlKey || metaKey) return // a button of the chart's
    if (key in STEPS) this.move(key)
    else if (key === "Escape" && !this.cursor.hidden) this.hide()
    else if (key === "Enter" || key === " ") this.select()
    else return
    event.preventDefault() // the page would scroll
  }

  /** @param {string} key */
  move(key) {
    const reached = spots(this.marks, this.plot)
    const from = this.here(reached)
    if (this.show(this.cursor.hidden ? from : next(reached, from, key, !!this.marks?.rows))) this.tell()
  }

  select() {
    const here = this.here(spots(this.marks, this.plot))
    if (!here) return
    this.choose(here)
    if (this.show(here)) this.tell("selected: ")
  }

  // Where the cursor is; at first, what is selected, or the first there is.
  /** @type {(reached: Spot[]) => Spot | null} */
  here(reached) {
    const { at, marks } = this
    const same = (/** @type {Spot} */ spot) =>
      at && spot.curve === at.curve && spot.point === at.point && spot.row === at.row &&
      spot.column === at.column
    const selected = (/** @type {Spot} */ spot) => {
      const { user, item } = store.view
      const who = clicked(marks, spot)
      return who !== null && (who.user ?? user) === user && (who.item ?? item) === item
    }
    return reached.find(same) ?? reached.find(selected) ?? reached[0] ?? null
  }

  // Whether there is something to show.
  show(spot = this.here(spots(this.marks, this.plot))) {
    this.at = spot
    if (!spot) {
      this.hide()
      return false
    }
    const { plot, cursor } = this
    const { xaxis, yaxis } = drawn(plot)
    const cell = this.marks?.rows
    const width = cell ? pitch(xaxis) : AROUND
    const height = cell ? pitch(yaxis) : AROUND
    const [left, top] = [spot.left - width / 2, spot.top - height / 2]
    Object.assign(cursor.style, {
      left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
    })
    cursor.hidden = false
    plot.querySelector(".svg-container")?.append(cursor)
    window.Plotly.Fx.hover(plot, [hover(plot, spot)])
    return true
  }

  // Of a point also whether it is a user or an item, which others see by its colour.
  tell(first = "") {
    const kind = this.marks?.points?.find(({ trace }) => trace === this.at?.curve)?.side
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      const said = label(this.plot)
      const named = !kind || said.startsWith(kind) // such as “user 3”
      const noun = kind === "user" ? worded("user") : worded("item")
      announcer().textContent = `${first}${named ? "" : `${noun} `}${said}`
    }, RESTS)
  }

  hide() {
    clearTimeout(this.resting)
    if (this.cursor.hidden) return
    this.cursor.hidden = true
    window.Plotly.Fx.unhover(this.plot)
  }
}

// --- cells and points -----------------------------------------------------------------------------

// All that can be selected and is in view, with its place in pixels from the chart's corner.
/** @type {(marks: Marks | null, plot: Plot) => Spot[]} */
export function spots(marks, plot) {
  const { xaxis, yaxis } = drawn(plot)
  const traces = plot._fullData ?? []
  /** @type {(click: Click, x: number | null, y: number | null) => Spot[]} */
  const spot = (click, x, y) => {
    if (x == null || y == null) return []
    const [left, top] = [xaxis.l2p(x), yaxis.l2p(y)]
    if (left < 0 || left > xaxis._length || top < 0 || top > yaxis._length) return [] // zoomed out of
    return [{ ...click, left: left + xaxis._offset, top: top + yaxis._offset }]
  }
  if (!marks) return []
  if (marks.rows) {
    const curve = traces.findIndex(({ type, hoverinfo }) => type === "heatmap" && hoverinfo !== "skip")
    return marks.rows.flatMap((_, row) =>
      marks.columns.flatMap((_, column) => spot({ curve, point: null, row, column }, column, row)),
    )
  }
  return marks.points.flatMap(({ trace: curve, ids }) => {
    const { x, y, visible } = traces[curve] ?? {}
    if (visible !== true) return []
    return ids.flatMap((_, point) => spot({ curve, point, row: null, column: null }, x[point], y[point]))
  })
}

// The one that a key leads to: in the same line of a matrix; of a map's points, which stand in no
// line, the next by its place along that axis, so that each of them can be reached.
/** @type {(reached: Spot[], from: Spot | null, key: string, inLine: boolean) => Spot | null} */
export function next(reached, from, key, inLine) {
  if (!from) return null
  const [along, step] = STEPS[key]
  const line = inLine
    ? reached.filter((spot) => (along === "left" ? spot.row === from.row : spot.column === from.column))
    : reached
  const ordered = [...line].sort((a, b) => a[along] - b[along])
  const to = Math.min(Math.max(ordered.indexOf(from) + step, 0), ordered.length - 1)
  return ordered[to]
}

/** @param {Plot} plot */
function drawn(plot) {
  if (!plot._fullLayout) throw new Error("the chart is not drawn yet")
  return plot._fullLayout
}

// How wide a cell is, in pixels.
/** @param {Axis} axis */
function pitch(axis) {
  return Math.abs(axis.l2p(1) - axis.l2p(0))
}

// Where Plotly is to hover. It knows the points of a map by number, unless WebGL draws them; cells
// and all else it finds by their place.
/** @type {(plot: Plot, spot: Spot) => object} */
function hover(plot, { curve, point, row, column }) {
  const { type, x, y } = plot._fullData?.[curve] ?? {}
  if (point === null) return { curveNumber: curve, xval: column, yval: row }
  if (type === "scattergl") return { curveNumber: curve, xval: x[point], yval: y[point] }
  return { curveNumber: curve, pointNumber: point }
}

// --- what is told ---------------------------------------------------------------------------------

// What the hover label says, in a line: “Spock, Survivor: rated 4, predicted 3.9”.
/** @param {Plot} plot */
function label(plot) {
  const said = plot.querySelector(".hoverlayer .hovertext .nums")
  const lines = [...(said?.querySelectorAll(".line") ?? [])].map((line) => line.textContent)
  if (!lines.length) return said?.textContent ?? ""
  const [whose, ...what] = lines
  return `${whose}: ${what.join(", ")}`
}
