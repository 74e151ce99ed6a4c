// One chart: a persistent <div> that Plotly.react updates in place, so that hover and zoom survive.
//
// A chart with `live` in its data also follows the store (store.js): its panel (live_panels.js) paints
// the shown epoch over the chart while that moves, and hands it to Plotly when it rests. One with
// `marks` rings what is selected, and a click on it selects (selection_marks.js).

import { plotly } from "./plotly.js"
import { panels } from "./live_panels.js"
import { clicked, rings } from "./selection_marks.js"
import { Canvas } from "./canvas.js"
import * as store from "./store.js"
import { templates } from "./templates.js"
import "./style.js"

const charts = new WeakMap() // the component's element → its chart
const overs = new Map() // a chart's name → what lies over it, as JSON
const named = new Map() // name → the chart that is drawn

export function render({ parentElement, data }) {
  let chart = charts.get(parentElement)
  if (!chart) {
    chart = new Chart(parentElement)
    charts.set(parentElement, chart)
  }
  chart.update(data)
}

export function remove({ parentElement }) {
  charts.get(parentElement)?.close()
  charts.delete(parentElement)
}

// Lay a picture over the chart of a name (chart.py, lay_over).
export function layOver(name, figure) {
  if ((overs.get(name) ?? null) === figure) return
  overs.set(name, figure)
  named.get(name)?.again()
}

class Chart {
  constructor(parent) {
    this.div = parent.querySelector(".fs-chart") ?? parent.appendChild(document.createElement("div"))
    this.div.className = "fs-chart"
    this.div.setAttribute("role", "img")
    this.drawing = Promise.resolve()
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(this.div)
  }

  update(data) {
    this.div.setAttribute("aria-label", data.alt)
    this.div.style.height = `${data.height}px`
    const same = ["figure", "height", "live", "marks"].every(
      (key) => JSON.stringify(data[key]) === JSON.stringify(this.data?.[key]),
    )
    if (same) return // a rerun that changed nothing here
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
    if (this.closed) return
    const { data, layout, theme } = JSON.parse(this.data.figure)
    layout.template = templates[theme]
    cover(data, layout, overs.get(this.data.name))
    Object.assign(layout, { autosize: true, width: undefined, height: this.data.height })
    if (TOUCH.matches) layout.dragmode = false // a finger scrolls the page
    this.leave?.()
    this.panel = this.data.live && new panels[this.data.live.panel](this.data.live, data)
    this.shapes = layout.shapes ?? []
    write(this.panel?.at(), data, layout)
    clearTurned(this.div, data)
    await Plotly.react(this.div, data, layout, CONFIG)
    if (!this.listening) {
      // Once: Plotly keeps its listeners over updates, and so does a rerun.
      this.listening = true
      this.div.on("plotly_click", (event) => this.clicked(event))
      this.div.dataset.drawn = "0"
    }
    this.marked = null
    await this.mark()
    this.count()
    if (this.panel) {
      this.tag()
      this.canvas ??= new Canvas(this.div)
      if (store.atRest()) this.rest()
      else this.sign = null // paint at once over what is ahead of the shown epoch
    }
    this.leave = store.listen(() => this.follow())
    this.follow()
  }

  count() {
    this.div.dataset.drawn = Number(this.div.dataset.drawn) + 1
  }

  // Ring what is selected; does nothing where that is done.
  async mark() {
    const { marks } = this.data
    if (!marks) return false
    const found = rings(marks, store.view, this.div._fullData)
    const sign = JSON.stringify(found)
    if (sign === this.marked) return false
    this.marked = sign
    await window.Plotly.relayout(this.div, { shapes: [...this.shapes, ...found] })
    return true
  }

  // Show the store's present state: on the canvas at once, by Plotly when it has come to rest.
  follow() {
    this.select()
    if (!this.panel) return
    const sign = this.panel.sign()
    if (sign === null || sign === this.sign || this.busy) return
    this.sign = sign
    if (this.panel.outgrown?.()) return this.settle()
    const pen = this.canvas.begin()
    if (!pen) return
    this.panel.paint(pen, this.div)
    this.canvas.end(pen)
    this.div.classList.add("fs-moving")
    this.div.dataset.epoch = this.panel.epoch()
    this.div.dataset.moved = Number(this.div.dataset.moved ?? 0) + 1
    if (this.panel.restless) {
      const since = performance.now() - (this.settled ?? 0)
      this.resting ??= setTimeout(() => this.settle(), Math.max(700 - since, 0))
    } else {
      clearTimeout(this.resting)
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
      .then((drawn) => drawn === true && this.count())
      .catch((error) => this.fail(error))
  }

  settle() {
    this.resting = null
    const change = this.panel?.at()
    if (!change || this.busy) return
    this.busy = true
    this.drawing = this.drawing
      .then(() => this.closed || window.Plotly.update(this.div, change.data, change.layout, change.traces))
      .catch((error) => this.fail(error))
      .then(() => {
        this.busy = false
        this.settled = performance.now()
        if (this.closed) return
        this.tag()
        if (this.panel.sign() !== this.sign) return this.follow()
        return this.mark().then(() => this.rest())
      })
  }

  // Plotly's own drawing is up to date.
  rest() {
    this.sign = this.panel.sign()
    this.div.dataset.epoch = this.panel.epoch()
    this.canvas.clear()
    this.div.classList.remove("fs-moving")
  }

  // Mark what the canvas draws, so that it can be hidden below it.
  tag() {
    const { moving } = this.panel
    for (const node of this.div.querySelectorAll(".scatterlayer .trace")) {
      const trace = node.__data__?.[0]?.trace
      node.classList.toggle("fs-live", !moving || moving.includes(trace?.index))
    }
  }

  clicked(event) {
    const point = event.points?.[0]
    if (!point) return
    const at = point.pointNumber ?? point.pointIndex
    const [row, column] = Array.isArray(at) ? at : [null, null]
    const found = clicked(this.data.marks, {
      curve: point.curveNumber,
      point: Array.isArray(at) ? null : at,
      row,
      column,
    })
    if (found && !store.view.locked.includes(this.data.part)) store.change(found)
  }

  resize() {
    // Zero is a chart in a tab that is not shown.
    if (!this.listening || this.closed || !this.div.clientWidth) return
    if (this.div.clientWidth === this.width) return
    this.width = this.div.clientWidth
    window.Plotly.Plots.resize(this.div)
  }

  fail(error) {
    console.warn(error)
    if (!this.div.childElementCount) this.div.textContent = "The chart could not be drawn. Reload the page."
  }

  close() {
    this.closed = true
    if (named.get(this.data?.name) === this) named.delete(this.data.name)
    this.leave?.()
    clearTimeout(this.resting)
    this.resizing.disconnect()
    if (this.listening) window.Plotly.purge(this.div)
  }
}

// Add what lies over a chart to its figure.
function cover(data, layout, figure) {
  if (!figure) return
  const over = JSON.parse(figure)
  if (over.opacity != null) for (const trace of data) trace.marker.opacity = over.opacity
  data.push(...over.data)
  layout.annotations = over.layout.annotations
}

// Plotly turns a colour bar but keeps what was written along its old side: have it drawn anew.
function clearTurned(div, data) {
  const way = (trace) => trace?.colorbar?.orientation ?? "v"
  const turned = data.some((trace, i) => way(trace) !== way(div._fullData?.[i]))
  if (turned) for (const bar of div.querySelectorAll(".colorbar")) bar.remove()
}

// Write what a panel would update into a figure that is not drawn yet.
function write(change, data, layout) {
  if (!change) return
  for (const [key, values] of Object.entries(change.data)) {
    change.traces.forEach((trace, i) => (data[trace][key] = values[i]))
  }
  for (const [path, value] of Object.entries(change.layout)) {
    const steps = path.split(".")
    const last = steps.pop()
    steps.reduce((part, step) => (part[step] ??= {}), layout)[last] = value
  }
}

const TOUCH = window.matchMedia("(pointer: coarse)")

const CONFIG = {
  responsive: false, // the observer above does it, for this element alone
  displaylogo: false,
  displayModeBar: TOUCH.matches ? false : "hover",
  modeBarButtons: [["resetScale2d", "toImage"]],
  toImageButtonOptions: { format: "png", scale: 2, filename: "factorscope" },
  scrollZoom: false,
  doubleClick: "reset",
}
