// @ts-check
// What lies over a chart, painted while it moves (chart.js): lines, markers with names, and bars.

import { line, marker, word } from "./canvas.js"

/** @import { Pen, Trace } from "./types.js" */

// Of the room of a bar, what it takes: Plotly's default.
const BAR = 0.8

/** @type {(pen: Pen, traces: Trace[], ink: string) => void} */
export function paintOver(pen, traces, ink) {
  for (const trace of traces) {
    /** @type {[number, number][]} */
    const points = trace.x.map((/** @type {number} */ x, /** @type {number} */ i) => [x, trace.y[i]])
    if (trace.type === "bar") {
      pen.ctx.fillStyle = trace.marker.color
      for (const [x, y] of points) {
        const [left, right] = [pen.x(x - BAR / 2), pen.x(x + BAR / 2)]
        pen.ctx.fillRect(left, pen.y(y), right - left, pen.y(0) - pen.y(y))
      }
      continue
    }
    const mode = trace.mode.split("+")
    if (mode.includes("lines")) line(pen, points, trace.line)
    points.forEach(([x, y], i) => {
      if (mode.includes("markers")) marker(pen, x, y, { symbol: "circle", ...trace.marker })
      if (mode.includes("text")) word(pen, x, y, trace.text[i], trace.textposition[i], ink)
    })
  }
}
