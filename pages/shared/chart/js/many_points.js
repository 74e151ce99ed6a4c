// @ts-check
// The points of a large map, painted on a canvas below Plotly's own drawing.
//
// An element a point takes a browser half a second for a few thousand, at every step of a drag; a
// canvas takes some ten milliseconds for ten thousand. Plotly keeps their places, finds them under
// the mouse and tells what they are; it draws one of each trace.

import { Canvas, colours, marker } from "./canvas.js"

/** @import { Plot, Trace } from "./types.js" */
/** @typedef {Record<string, number>} Ranges as an event of a drag says them */

// From so many points on.
const MANY = 1500

// Colours that a colour scale is painted in.
const SHADES = 64

// Have Plotly draw one point of each trace of a map, where they are many; the numbers of these traces.
/** @type {(data: Trace[]) => number[]} */
export function thinned(data) {
  const clouds = data.flatMap(({ type, mode, customdata }, trace) =>
    type === "scatter" && mode === "markers" && customdata ? [trace] : [],
  )
  const count = clouds.reduce((sum, trace) => sum + data[trace].hovertext.length, 0)
  if (count < MANY) return []
  for (const trace of clouds) data[trace].marker.maxdisplayed = 1
  return clouds
}

// The trace with all of its points drawn by Plotly again, for a picture to be kept.
/** @param {Trace} trace */
export function whole(trace) {
  if (!trace.marker?.maxdisplayed) return trace
  return { ...trace, marker: { ...trace.marker, maxdisplayed: 0 } }
}

export class ManyPoints {
  /** @param {Plot} plot */
  constructor(plot) {
    this.plot = plot
    this.canvas = new Canvas(plot, true)
    /** @type {number[]} */
    this.traces = []
  }

  // Paint the points of these traces, and of no others; none: what was painted is gone.
  /** @param {number[]} traces */
  show(traces) {
    this.traces = traces
    this.paint()
  }

  // Paint them where the axes are, or, in the midst of a drag, where its event says that they are.
  /** @param {Ranges} [moved] */
  paint(moved = {}) {
    const pen = this.canvas.begin()
    if (!pen) return
    const { xaxis, yaxis } = /** @type {NonNullable<Plot["_fullLayout"]>} */ (this.plot._fullLayout)
    const place = (/** @type {"xaxis" | "yaxis"} */ name, /** @type {any} */ axis) => {
      const [from, to] = [0, 1].map((end) => moved[`${name}.range[${end}]`] ?? axis.range[end])
      const pixels = axis._length / (to - from)
      return name === "xaxis"
        ? (/** @type {number} */ value) => axis._offset + (value - from) * pixels
        : (/** @type {number} */ value) => axis._offset + axis._length - (value - from) * pixels
    }
    const [x, y] = [place("xaxis", xaxis), place("yaxis", yaxis)]
    for (const number of this.traces) {
      const trace = this.plot._fullData?.[number]
      if (trace?.visible === true) this.cloud(pen.ctx, trace, x, y)
    }
    this.canvas.end(pen)
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {Trace} trace
   * @param {(value: number) => number} x @param {(value: number) => number} y
   */
  cloud(ctx, trace, x, y) {
    const { symbol, size, opacity = 1, color, colorscale, cmin, cmax } = trace.marker
    const stamp = stamps(symbol, size)
    const shade = typeof color === "string" ? null : colours(colorscale)
    ctx.globalAlpha = opacity
    for (let i = 0; i < trace.x.length; i++) {
      let colour = color
      if (shade) {
        const share = (color[i] - cmin) / (cmax - cmin || 1)
        if (!Number.isFinite(share)) continue // of no known value, as Plotly leaves them out
        colour = shade(Math.round(share * SHADES) / SHADES)
      }
      const { image, half } = stamp(colour)
      ctx.drawImage(image, x(trace.x[i]) - half, y(trace.y[i]) - half, 2 * half, 2 * half)
    }
    ctx.globalAlpha = 1
  }
}

// A marker in each colour, drawn once: to copy one is quicker than to draw it again.
/** @type {(symbol: string, size: number) => (colour: string) => { image: HTMLCanvasElement, half: number }} */
function stamps(symbol, size) {
  const scale = window.devicePixelRatio || 1
  const half = Math.ceil(0.75 * size + 1)
  /** @type {Map<string, { image: HTMLCanvasElement, half: number }>} */
  const made = new Map()
  return (colour) => {
    const known = made.get(colour)
    if (known) return known
    const image = document.createElement("canvas")
    image.width = image.height = Math.ceil(2 * half * scale)
    const ctx = /** @type {CanvasRenderingContext2D} */ (image.getContext("2d"))
    ctx.setTransform(scale, 0, 0, scale, 0, 0)
    const pen = { ctx, font: "", x: () => half, y: () => half }
    marker(pen, 0, 0, { symbol, size, color: colour })
    const one = { image, half }
    made.set(colour, one)
    return one
  }
}
