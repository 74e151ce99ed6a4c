// One chart: a persistent <div> that Plotly.react updates in place, so that hover and zoom survive.
//
// A chart with `live` in its data also follows the store (store.js): its panel (panels.js) paints
// the shown epoch over the chart while that moves, and hands it to Plotly when it rests.

import { plotly } from "./plotly.js"
import { panels } from "./panels.js"
import { Canvas } from "./pen.js"
import * as store from "./store.js"
import { templates } from "./templates.js"
import "./style.js"

const charts = new WeakMap() // the component's element → its chart

export function render({ parentElement, data, setTriggerValue }) {
  let chart = charts.get(parentElement)
  if (!chart) {
    chart = new Chart(parentElement)
    charts.set(parentElement, chart)
  }
  chart.emit = setTriggerValue
  chart.update(data)
}

export function remove({ parentElement }) {
  charts.get(parentElement)?.close()
  charts.delete(parentElement)
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
    const same = ["figure", "height", "live"].every(
      (key) => JSON.stringify(data[key]) === JSON.stringify(this.data?.[key]),
    )
    if (same) return // a rerun that changed nothing here
    this.data = data
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
    Object.assign(layout, { autosize: true, width: undefined, height: this.data.height })
    if (TOUCH.matches) layout.dragmode = false // a finger scrolls the page
    this.leave?.()
    this.panel = this.data.live && new panels[this.data.live.panel](this.data.live, data)
    write(this.panel?.at(store.view), data, layout)
    await Plotly.react(this.div, data, layout, CONFIG)
    if (this.panel) this.tag()
    if (!this.listening) {
      // Once: Plotly keeps its listeners over updates, and so does a rerun.
      this.listening = true
      this.div.on("plotly_click", (event) => this.clicked(event))
      this.div.dataset.drawn = "0"
    }
    this.div.dataset.drawn = Number(this.div.dataset.drawn) + 1
    if (!this.panel) return
    this.canvas ??= new Canvas(this.div)
    this.leave = store.listen(() => this.follow())
    if (store.resting()) this.rest()
    else this.sign = null // paint at once over what is ahead of the shown epoch
    this.follow()
  }

  // Show the store's present state: on the canvas at once, by Plotly when it has come to rest.
  follow() {
    const { view } = store
    const sign = this.panel.sign(view)
    if (sign === null || sign === this.sign || this.busy) return
    this.sign = sign
    if (this.panel.outgrown?.(view)) return this.settle()
    const pen = this.canvas.begin()
    if (!pen) return
    this.panel.paint(pen, view, this.div)
    this.canvas.end(pen)
    this.div.classList.add("fs-moving")
    this.div.dataset.moved = Number(this.div.dataset.moved ?? 0) + 1
    if (this.panel.restless) {
      const since = performance.now() - (this.settled ?? 0)
      this.resting ??= setTimeout(() => this.settle(), Math.max(700 - since, 0))
    } else {
      clearTimeout(this.resting)
      this.resting = setTimeout(() => this.settle(), 250)
    }
  }

  settle() {
    this.resting = null
    const change = this.panel?.at(store.view)
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
        const moved = this.panel.sign(store.view) !== this.sign
        if (moved) return this.follow()
        this.rest()
      })
  }

  // Plotly's own drawing is up to date.
  rest() {
    this.sign = this.panel.sign(store.view)
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
    this.emit("click", {
      curve: point.curveNumber,
      name: point.data.name ?? null,
      point: Array.isArray(at) ? null : at,
      row,
      column,
      x: point.x,
      y: point.y,
    })
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
    this.leave?.()
    clearTimeout(this.resting)
    this.resizing.disconnect()
    if (this.listening) window.Plotly.purge(this.div)
  }
}

// Write what a panel would update into a figure that is not drawn yet.
function write(change, data, layout) {
  if (!change) return
  for (const [key, values] of Object.entries(change.data)) {
    change.traces.forEach((trace, i) => (data[trace][key] = values[i]))
  }
  for (const [path, value] of Object.entries(change.layout)) {
    const [axis, key] = path.split(".")
    layout[axis][key] = value
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
