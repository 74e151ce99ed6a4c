// One chart: a persistent <div> that Plotly.react updates in place, so that hover and zoom survive.
//
// A chart with `live` in its data also follows the store (store.js): its panel (panels.js) writes
// the state at the shown epoch into the figure, again and again while that moves.

import { plotly } from "./plotly.js"
import { panels } from "./panels.js"
import * as store from "./store.js"
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
    this.drawing = this.drawing.then(() => this.draw()).catch((error) => this.fail(error))
  }

  async draw() {
    const Plotly = await plotly(this.data.plotly)
    if (this.closed) return
    const { data, layout } = JSON.parse(this.data.figure)
    Object.assign(layout, { autosize: true, width: undefined, height: this.data.height })
    if (TOUCH.matches) layout.dragmode = false // a finger scrolls the page
    this.leave?.()
    this.panel = this.data.live && new panels[this.data.live.panel](this.data.live, data)
    write(this.panel?.at(store.view), data, layout)
    await Plotly.react(this.div, data, layout, CONFIG)
    if (!this.listening) {
      // Once: Plotly keeps its listeners over updates, and so does a rerun.
      this.listening = true
      this.div.on("plotly_click", (event) => this.clicked(event))
      this.div.dataset.drawn = "0"
    }
    this.div.dataset.drawn = Number(this.div.dataset.drawn) + 1
    if (this.panel) this.leave = store.listen(() => this.follow(Plotly))
  }

  // Show the store's present state; at most about half of the time is spent on drawing.
  follow(Plotly) {
    const now = performance.now()
    if (this.busy || now < this.rest) return store.again()
    const change = this.panel.at(store.view)
    if (!change) return
    const { data, layout, traces } = change
    this.busy = true
    this.drawing = this.drawing
      .then(() => this.closed || Plotly.update(this.div, data, layout, traces))
      .catch((error) => this.fail(error))
      .then(() => {
        const took = performance.now() - now
        this.rest = performance.now() + took
        this.busy = false
        this.div.dataset.moved = Number(this.div.dataset.moved ?? 0) + 1
      })
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
