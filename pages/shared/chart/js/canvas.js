// @ts-check
// Drawing over a Plotly chart while it moves: a canvas between its plot and its hover labels.
//
// Plotly takes tens of milliseconds for an update, a canvas one or two. The pen maps values to
// pixels by the chart's own axes, so that zoom is respected.

import { scale, typeOf } from "./enlarge.js"
import { templates } from "./templates.js"

/** @import { Axis, Pen, Plot } from "./types.js" */

export class Canvas {
  /** @param {Plot} plot @param {boolean} [below] whether it lies below the plot */
  constructor(plot, below = false) {
    this.plot = plot
    this.below = below
    this.canvas = document.createElement("canvas")
    this.canvas.className = "fs-canvas"
  }

  // Clear, clip to the plot area, and give a pen; null while the chart has no size.
  /** @returns {Pen | null} */
  begin() {
    const { plot, canvas } = this
    const layer = plot.querySelector(this.below ? ".svg-container" : ".gl-container")
    const drawn = plot._fullLayout
    if (!layer || !drawn?.xaxis?._length) return null
    const { xaxis, yaxis, width, height, font } = drawn
    if (canvas.parentElement !== layer) layer[this.below ? "prepend" : "append"](canvas)
    const scale = window.devicePixelRatio || 1
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale)
      canvas.height = Math.round(height * scale)
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` })
    }
    const ctx = this.context()
    ctx.setTransform(scale, 0, 0, scale, 0, 0)
    ctx.clearRect(0, 0, width, height)
    ctx.save()
    ctx.beginPath()
    ctx.rect(xaxis._offset - 2, yaxis._offset - 2, xaxis._length + 4, yaxis._length + 4)
    ctx.clip()
    const log = (/** @type {Axis} */ { type }, /** @type {number} */ value) =>
      type === "log" ? Math.log10(value) : value
    return {
      ctx,
      font: `${font.size}px ${font.family}`,
      x: (value) => xaxis._offset + xaxis.l2p(log(xaxis, value)),
      y: (value) => yaxis._offset + yaxis.l2p(log(yaxis, value)),
    }
  }

  /** @param {Pen} pen */
  end({ ctx }) {
    ctx.restore()
  }

  clear() {
    this.context().clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  context() {
    return /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"))
  }
}

const ruler = /** @type {CanvasRenderingContext2D | null} */ (
  document.createElement("canvas").getContext?.("2d") ?? null
)

/** @type {Record<string, string>} */
const REFERENCES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#36;": "$", "&#37;": "%" }

// What Plotly shows of a text: no markup, and the characters that were written as references
// (recsys_core/escape.py).
/** @param {string} text */
export function shown(text) {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/&(lt|gt|amp|#36|#37);/g, (reference) => REFERENCES[reference])
}

// How wide a text of a chart is, in pixels: markup aside, in the font of charts.
/** @param {string} text */
export function widthOf(text) {
  const plain = shown(text)
  const size = typeOf(usual)
  if (!ruler) return (6.5 * size * plain.length) / usual
  ruler.font = `${text.includes("<b>") ? "600 " : ""}${size}px ${family}`
  return ruler.measureText(plain).width
}

const { size: usual, family } = /** @type {any} */ (templates.light).layout.font

// A Plotly colour scale as a function of 0 … 1.
/** @type {(scale: [stop: number, hex: string][]) => (share: number) => string} */
export function colours(scale) {
  const channels = (/** @type {string} */ hex) =>
    [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
  const table = Array.from({ length: 256 }, (_, i) => {
    const at = i / 255
    const after = Math.max(scale.findIndex(([stop]) => stop >= at), 1)
    const [from, low] = scale[after - 1]
    const [to, high] = scale[after]
    const share = (at - from) / (to - from)
    const [a, b] = [channels(low), channels(high)]
    return `rgb(${a.map((v, c) => Math.round(v + share * (b[c] - v)))})`
  })
  return (share) => table[Math.round(255 * Math.min(Math.max(share, 0), 1))]
}

// Plotly's dashes, in widths of the line (3 pixels at least).
/** @type {Record<string, number[]>} */
const DASHES = {
  dot: [1, 1], dash: [3, 3], longdash: [5, 5], dashdot: [3, 1, 1, 1], longdashdot: [5, 2, 1, 2],
}

/**
 * @typedef {{ color: string, width: number, dash?: string }} Line
 * @type {(pen: Pen, points: [x: number, y: number][], line: Line) => void}
 */
export function line({ ctx, x, y }, points, { color, width, dash }) {
  ctx.beginPath()
  for (const [px, py] of points) ctx.lineTo(x(px), y(py))
  ctx.setLineDash((DASHES[dash ?? "solid"] ?? []).map((share) => share * Math.max(width, 3)))
  Object.assign(ctx, { strokeStyle: color, lineWidth: width, lineJoin: "round" })
  ctx.stroke()
  ctx.setLineDash([])
}

/**
 * @typedef {{
 *   symbol: string, size: number, color: string, opacity?: number, line?: { width: number }
 * }} Marker
 * @type {(pen: Pen, x: number, y: number, marker: Marker) => void}
 */
export function marker({ ctx, x, y }, px, py, { symbol, size, color, opacity = 1, line }) {
  const [left, top, r] = [x(px), y(py), size / 2]
  ctx.beginPath()
  if (symbol === "diamond") {
    const d = r * 1.3
    ctx.moveTo(left, top - d)
    ctx.lineTo(left + d, top)
    ctx.lineTo(left, top + d)
    ctx.lineTo(left - d, top)
    ctx.closePath()
  } else if (symbol === "line-ew-open") {
    ctx.moveTo(left - r * 1.4, top) // as long as Plotly draws it
    ctx.lineTo(left + r * 1.4, top)
  } else {
    ctx.arc(left, top, r, 0, 2 * Math.PI)
  }
  ctx.globalAlpha = opacity
  if (symbol.endsWith("-open")) {
    Object.assign(ctx, { strokeStyle: color, lineWidth: line?.width ?? 1 })
    ctx.stroke()
  } else {
    ctx.fillStyle = color
    ctx.fill()
  }
  ctx.globalAlpha = 1
}

// A name beside a point, where Plotly would write it (“middle right”, “top center” …).
/**
 * @type {(
 *   pen: Pen, x: number, y: number, text: string, where: string, color: string, bold?: boolean,
 * ) => void}
 */
export function word({ ctx, font, x, y }, px, py, text, where, color, bold = false) {
  const [up, across] = where.split(" ")
  const side = across === "left" ? -1 : across === "right" ? 1 : 0
  const lift = up === "top" ? -1 : up === "bottom" ? 1 : 0
  ctx.font = bold ? `bold ${font}` : font
  ctx.fillStyle = color
  ctx.textAlign = side < 0 ? "right" : side > 0 ? "left" : "center"
  ctx.textBaseline = lift < 0 ? "bottom" : lift > 0 ? "top" : "middle"
  ctx.fillText(shown(text), x(px) + 8 * scale * side, y(py) + 6 * scale * lift)
}
