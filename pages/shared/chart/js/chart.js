// @ts-check
// One chart: a persistent <div> that Plotly.react updates in place, so that hover and zoom survive.
//
// A chart with `live` in its data also follows the store (store.js): its panel (live_panels.js)
// paints the shown epoch over the chart while that moves, and hands it to Plotly when it rests. One
// with `marks` rings what is selected, and a click on it selects (selection_marks.js), as keys do
// (keyboard.js).

import { plotly } from "./plotly.js"
import { panelOf } from "./live_panels.js"
import { clicked, rings } from "./selection_marks.js"
import { Keyboard } from "./keyboard.js"
import { Canvas, widthOf } from "./canvas.js"
import { fade } from "./edges.js"
import { enlarged, heightOf, listen as onScale, scale } from "./enlarge.js"
import { fitted, placed, wanted } from "./fit.js"
import { ManyPoints, thinned, whole } from "./many_points.js"
import { marks } from "./language.js"
import { paintOver } from "./paint_over.js"
import { picture } from "./picture.js"
import { counted, worded } from "./sentences.js"
import * as store from "./store.js"
import { templates } from "./templates.js"
import "./style.js"

/** @import { ChartData, Component, Layout, Panel, Plot, Trace, Update } from "./types.js" */
/** @import { Click } from "./selection_marks.js" */

/** @type {WeakMap<HTMLElement, Chart>} */
const charts = new WeakMap() // the component's element → its chart
/** @type {Map<string, string | null>} */
const overs = new Map() // a chart's name → what lies over it, as JSON
/** @type {Map<string, Chart>} */
const named = new Map() // name → the chart that is drawn

/** @param {Component<ChartData>} component */
export function render({ parentElement, data, setTriggerValue }) {
  let chart = charts.get(parentElement)
  if (chart) chart.update(data)
  else charts.set(parentElement, (chart = new Chart(parentElement, data)))
  chart.pick = (click) => setTriggerValue("picked", click)
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  charts.get(parentElement)?.close()
  charts.delete(parentElement)
}

// Lay a picture over the chart of a name (chart.py, lay_over); null: nothing. One that `moves` is
// painted at once, and drawn by Plotly when it has come to rest.
/** @type {(name: string, figure: string | null, moves?: boolean) => void} */
export function layOver(name, figure, moves = false) {
  if ((overs.get(name) ?? null) === figure) return
  overs.set(name, figure)
  const chart = named.get(name)
  if (!(moves && figure && chart?.paint(figure))) chart?.again()
}

class Chart {
  /** @type {Panel | null} */
  panel = null
  /** @type {Canvas | null} */
  canvas = null
  /** @type {ManyPoints | null} */
  many = null // the points of a large map
  /** @type {object[]} */
  shapes = [] // those of the figure itself
  /** @type {string | null} */
  sign = null // of what the panel shows
  /** @type {string | null} */
  marked = null // the rings that are drawn, and what there was room for, as JSON
  want = wanted([], {})
  /** @type {string | null} */
  selected = null
  listening = false // Plotly has drawn, and tells of clicks
  closed = false
  below = 0 // traces of the figure itself, below what lies over it
  ink = "" // colour of what is written
  busy = false // Plotly is drawing what the panel shows
  stale = false // drawn at another scale, while it was not shown
  settled = 0 // when it last did, in this window's time
  /** @type {number | null} */
  resting = null // the timer after which it is to do so again
  /** @type {(() => void) | null} */
  leave = null // the store
  width = 0
  pick = (/** @type {Click} */ _click) => {} // tells the page what was clicked, where it asks

  /** @param {HTMLElement} parent @param {ChartData} data */
  constructor(parent, data) {
    this.div = /** @type {Plot} */ (
      parent.querySelector(".fs-chart") ?? parent.appendChild(document.createElement("div"))
    )
    this.parent = parent
    /** @type {HTMLElement | null} */
    this.more = null // says how to read what was left out
    this.div.className = "fs-chart"
    this.div.setAttribute("role", "figure") // not an image: there are buttons in it
    /** @type {Promise<unknown>} */
    this.drawing = Promise.resolve()
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(this.div)
    this.unscale = onScale(() => this.rescale())
    this.keyboard = new Keyboard(this.div, (click) => this.choose(click))
    this.data = data
    this.describe(data)
    this.show(data)
  }

  /** @param {ChartData} data */
  update(data) {
    this.describe(data)
    const picture = (/** @type {ChartData} */ { figure, height, live, marks }) =>
      JSON.stringify([figure, height, live, marks])
    if (picture(data) !== picture(this.data)) this.show(data) // else a rerun changed nothing here
  }

  /** @param {ChartData} data */
  describe(data) {
    this.div.setAttribute("aria-label", data.alt)
    this.div.style.height = `${heightOf(data.height)}px`
  }

  /** @param {ChartData} data */
  show(data) {
    this.data = data
    named.set(data.name, this)
    this.again()
  }

  again() {
    const { data } = this
    this.div.setAttribute("aria-busy", "true") // what is seen is not yet what was sent
    this.drawing = this.drawing
      .then(() => this.draw())
      .catch((error) => this.fail(error))
      .then(() => this.data === data && this.div.removeAttribute("aria-busy"))
  }

  async draw() {
    const Plotly = await plotly(this.data.plotly)
    if (this.closed || this.setAside()) return
    const { data: traces, layout: said, theme } = JSON.parse(this.data.figure)
    const over = overs.get(this.data.name) ?? null
    this.below = traces.length
    this.ink = /** @type {any} */ (templates)[theme].layout.font.color
    cover(traces, said, over)
    const [data, layout] = [enlarged(traces), enlarged(said)]
    const height = heightOf(this.data.height)
    layout.template = enlarged(templates[theme])
    Object.assign(layout, { autosize: true, width: undefined, height, separators: marks().join("") })
    if (TOUCH.matches) layout.dragmode = false // a finger scrolls the page
    this.leave?.()
    const size = { width: this.div.clientWidth, height }
    this.panel = this.data.live && panelOf(enlarged(this.data.live), data, size)
    this.want = wanted(data, layout)
    this.div.dataset.panel = this.data.live?.panel ?? ""
    this.shapes = layout.shapes ?? []
    write(this.panel?.at() ?? null, data, layout)
    clearTurned(this.div, data)
    const many = this.panel ? [] : thinned(data)
    await Plotly.react(this.div, data, layout, this.config(layout.dragmode === "pan"))
    if (!this.listening) {
      // Once: Plotly keeps its listeners over updates, and so does a rerun.
      this.listening = true
      this.div.on("plotly_click", (event) => this.clicked(event))
      this.div.on("plotly_relayout", () => this.refit()) // zoomed, there is room for more names
      this.div.on("plotly_relayouting", (event) => this.many?.paint(event))
      this.div.on("plotly_restyle", () => this.many?.paint()) // one was hidden by the legend
      this.div.dataset.drawn = "0"
    }
    // What is drawn is said by the chart's description; its letters one by one say nothing.
    for (const svg of this.div.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", "true")
    this.marked = null
    if (many.length) this.many ??= new ManyPoints(this.div)
    this.many?.show(many)
    await this.mark()
    this.keyboard.update(this.data.marks)
    this.count()
    fade(this.div)
    this.tag()
    if (this.panel) {
      this.canvas ??= new Canvas(this.div)
      if (store.atRest()) this.rest()
      else this.sign = null // paint at once over what is ahead of the shown epoch
    } else if (over === (overs.get(this.data.name) ?? null)) this.bare()
    this.leave = store.listen(() => this.follow())
    this.follow()
  }

  // Paint what lies over it, in place of what lay there; whether there is anything to paint on yet.
  /** @param {string} over */
  paint(over) {
    if (!this.listening || this.panel || this.setAside()) return false
    this.canvas ??= new Canvas(this.div)
    const pen = this.canvas.begin()
    if (!pen) return false
    paintOver(pen, enlarged(JSON.parse(over).data), this.ink)
    this.canvas.end(pen)
    this.div.classList.add("fs-moving")
    this.div.dataset.moved = String(Number(this.div.dataset.moved ?? 0) + 1)
    clearTimeout(this.resting ?? undefined)
    this.resting = setTimeout(() => this.again(), 250)
    return true
  }

  count() {
    this.div.dataset.drawn = String(Number(this.div.dataset.drawn) + 1)
  }

  // Ring what is selected, and show the names and numbers there is room for; does nothing where that
  // is done.
  async mark() {
    if (this.setAside()) return false
    const { marks } = this.data
    const { layout, data, traces, leftOut } = fitted(this.div, this.want)
    if (marks) {
      const found = rings(enlarged(marks), store.view, this.div._fullData ?? [])
      layout.shapes = [...this.shapes, ...found]
    }
    const sign = JSON.stringify([layout, data])
    if (sign === this.marked || !(traces.length || Object.keys(layout).length)) return false
    this.marked = sign
    this.tell(leftOut)
    if (traces.length) await window.Plotly.update(this.div, data, layout, traces)
    else await window.Plotly.relayout(this.div, layout)
    return true
  }

  // How to read the names that were left out.
  /** @param {number} leftOut */
  tell(leftOut) {
    if (!this.more && !leftOut) return
    this.more ??= this.parent.appendChild(document.createElement("div"))
    this.more.className = "fs-more"
    const values = { n: leftOut }
    this.more.textContent = !leftOut ? ""
      : TOUCH.matches ? counted("{n} more name: tap a point", "{n} more names: tap a point", values)
      : counted("{n} more name: zoom in", "{n} more names: zoom in", values)
  }

  // The chart has another size, or another part of it is seen.
  refit() {
    this.drawing = this.drawing
      .then(() => this.closed || this.mark())
      .then(() => this.closed || this.many?.paint())
      .catch((error) => this.fail(error))
  }

  // Show the store's present state: on the canvas at once, by Plotly when it has come to rest.
  follow() {
    this.select()
    const { panel, canvas } = this
    if (!panel || !canvas) return
    const sign = panel.sign()
    if (sign === null || sign === this.sign || this.busy) return
    this.sign = sign
    if (panel.outgrown?.()) return this.settle()
    const pen = canvas.begin()
    if (!pen) return
    panel.paint(pen, this.div)
    canvas.end(pen)
    this.div.classList.add("fs-moving")
    this.div.dataset.epoch = String(panel.epoch())
    this.div.dataset.moved = String(Number(this.div.dataset.moved ?? 0) + 1)
    if (panel.restless) {
      const since = performance.now() - this.settled
      this.resting ??= setTimeout(() => this.settle(), Math.max(700 - since, 0))
    } else {
      clearTimeout(this.resting ?? undefined)
      this.resting = setTimeout(() => this.settle(), 250)
    }
  }

  // What is selected has changed: mark it, once what is being drawn is there.
  select() {
    const { user, item } = store.view
    const sign = `${user} ${item}`
    if (!this.data.marks || sign === this.selected) return
    this.selected = sign
    this.drawing = this.drawing
      .then(() => this.closed || this.mark())
      .then((drawn) => {
        if (drawn !== true) return
        this.keyboard.refresh()
        this.count()
      })
      .catch((error) => this.fail(error))
  }

  settle() {
    this.resting = null
    const { panel } = this
    const change = panel?.at()
    if (!panel || !change || this.busy) return
    const { data, layout, traces } = change
    this.busy = true
    this.drawing = this.drawing
      .then(async () => {
        if (this.closed) return
        if (layout.annotations) layout.annotations = placed(this.div, layout.annotations)
        await window.Plotly.update(this.div, data, layout, traces)
      })
      .catch((error) => this.fail(error))
      .then(() => {
        this.busy = false
        this.settled = performance.now()
        if (this.closed) return
        this.tag()
        this.keyboard.refresh()
        if (this.panel?.sign() !== this.sign) return this.follow()
        return this.mark().then(() => this.rest())
      })
  }

  // Plotly's own drawing is up to date.
  rest() {
    if (!this.panel) return
    this.sign = this.panel.sign()
    this.div.dataset.epoch = String(this.panel.epoch())
    this.bare()
  }

  // Nothing is painted over it.
  bare() {
    this.canvas?.clear()
    this.div.classList.remove("fs-moving")
  }

  // Mark the traces that the canvas draws, so that they can be hidden below it.
  tag() {
    const { panel, below } = this
    const moves = (/** @type {number} */ trace) =>
      panel ? !panel.moving || panel.moving.includes(trace) : trace >= below
    /** @type {NodeListOf<Element & { __data__?: any }>} */
    const drawn = this.div.querySelectorAll(".scatterlayer .trace, .barlayer .trace")
    for (const node of drawn) node.classList.toggle("fs-live", moves(node.__data__?.[0]?.trace.index))
  }

  // While one presents, what is not shown is drawn once it is: before, it may have any size.
  setAside() {
    const aside = scale !== 1 && !this.div.closest("[data-fs-path=shown]")
    if (aside) {
      this.stale = true
      this.div.dataset.aside = "" // present.js has it drawn
    } else delete this.div.dataset.aside
    return aside
  }

  // Everything is to be drawn larger, or as usual again.
  rescale() {
    if (this.closed) return
    this.keyboard.hide()
    this.describe(this.data)
    if (this.div.clientWidth) this.again()
    else this.stale = true // it is not shown; once it is, see resize
  }

  // What Plotly offers: to zoom, back to the whole, and the chart as a picture.
  /** @param {boolean} pan */
  config(pan) {
    const keep = {
      name: "keep", title: worded("Keep as a picture (PNG)"), icon: window.Plotly.Icons?.camera,
      click: () => this.keep("png"),
    }
    const drawing = {
      name: "keepDrawing", title: worded("Keep as a drawing (SVG)"), icon: window.Plotly.Icons?.disk,
      click: () => this.keep("svg"),
    }
    const zoom = pan ? ["zoomIn2d", "zoomOut2d"] : [] // where dragging does not
    return { ...CONFIG, modeBarButtons: [[...zoom, "resetScale2d", drawing, keep]] }
  }

  // Hand out the chart as a file, named after what it shows.
  /** @param {"png" | "svg"} format */
  async keep(format) {
    const { note, file } = this.data
    const page = document.querySelector("[data-testid=stApp]")
    const paper = page ? getComputedStyle(page).backgroundColor : "white"
    const { figure, width, height } = picture(/** @type {any} */ (this.div), note, paper, widthOf)
    figure.data = figure.data.map(whole)
    await window.Plotly.downloadImage(figure, {
      format, scale: format === "png" ? 2 : 1, width, height, filename: file,
    })
  }

  /** @param {any} event */
  clicked(event) {
    const point = event.points?.[0]
    if (!point) return
    const at = point.pointNumber ?? point.pointIndex
    const [row, column] = Array.isArray(at) ? at : [null, null]
    this.choose({ curve: point.curveNumber, point: Array.isArray(at) ? null : at, row, column })
  }

  /** @param {Click} click */
  choose(click) {
    if (this.data.pick) this.pick(click)
    const found = clicked(this.data.marks, click)
    if (found && !store.view.locked.includes(this.data.part)) store.change(found)
  }

  resize() {
    fade(this.div)
    // Zero is a chart in a tab that is not shown.
    if (this.closed || !this.div.clientWidth) return
    if (this.stale) {
      this.stale = false
      this.width = this.div.clientWidth
      return this.again()
    }
    if (!this.listening || this.div.clientWidth === this.width) return
    this.width = this.div.clientWidth
    this.keyboard.hide()
    if (this.panel?.resized?.({ width: this.width, height: heightOf(this.data.height) })) return this.again()
    window.Plotly.Plots.resize(this.div)
    this.refit()
  }

  /** @param {unknown} error */
  fail(error) {
    console.warn(error)
    if (this.div.childElementCount) return
    this.div.textContent = worded("The chart could not be drawn. Reload the page.")
  }

  close() {
    this.closed = true
    if (named.get(this.data.name) === this) named.delete(this.data.name)
    this.leave?.()
    this.unscale()
    clearTimeout(this.resting ?? undefined)
    this.resizing.disconnect()
    if (this.listening) window.Plotly.purge(this.div)
  }
}

// Add what lies over a chart to its figure.
/** @type {(data: Trace[], layout: Layout, figure: string | null) => void} */
function cover(data, layout, figure) {
  if (!figure) return
  const over = JSON.parse(figure)
  if (over.opacity != null) for (const trace of data) trace.marker.opacity = over.opacity
  data.push(...over.data)
  layout.annotations = over.layout.annotations
}

// Plotly turns a colour bar but keeps what was written along its old side: have it drawn anew.
/** @type {(div: Plot, data: Trace[]) => void} */
function clearTurned(div, data) {
  const way = (/** @type {Trace | undefined} */ trace) => trace?.colorbar?.orientation ?? "v"
  const turned = data.some((trace, i) => way(trace) !== way(div._fullData?.[i]))
  if (turned) for (const bar of div.querySelectorAll(".colorbar")) bar.remove()
}

// Write what a panel would update into a figure that is not drawn yet.
/** @type {(change: Update | null, data: Trace[], layout: Layout) => void} */
function write(change, data, layout) {
  if (!change) return
  for (const [key, values] of Object.entries(change.data)) {
    change.traces.forEach((trace, i) => {
      if (values[i] !== undefined) data[trace][key] = values[i]
    })
  }
  for (const [path, value] of Object.entries(change.layout)) {
    const steps = path.split(".")
    const last = steps.pop() ?? path
    steps.reduce((part, step) => (part[step] ??= {}), layout)[last] = value
  }
}

const TOUCH = window.matchMedia("(pointer: coarse)")

const CONFIG = {
  responsive: false, // the observer above does it, for this element alone
  displaylogo: false,
  displayModeBar: TOUCH.matches ? false : "hover",
  scrollZoom: false,
  doubleClick: "reset",
}
