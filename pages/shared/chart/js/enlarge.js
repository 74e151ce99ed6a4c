// @ts-check
// How large type and charts are drawn: as usual, or larger while one presents (present.js).
//
// What a figure says in pixels was chosen for a page that is read from near; each such number is
// multiplied by the scale, and no letter of a chart is then smaller than LEAST.

/** @import { ChartData, Layout, Trace } from "./types.js" */

// Pixels of the smallest type while one presents.
export const LEAST = 18

export let scale = 1

/** @type {Set<() => void>} */
const listening = new Set()

// Hear of another scale, or another height of charts; returns how to hear no more.
/** @param {() => void} listener */
export function listen(listener) {
  listening.add(listener)
  return () => {
    listening.delete(listener)
  }
}

/** @type {(() => number) | null} */
let room = null // the height of the chart that fills the screen, in pixels

// Draw everything at another scale; `height` is that of charts, null: as the page says.
/** @type {(to: number, height: (() => number) | null) => void} */
export function enlargeTo(to, height) {
  scale = to
  room = height
  for (const listener of [...listening]) listener()
}

// How high a chart is to be.
/** @param {number} said */
export function heightOf(said) {
  return room ? room() : said
}

// A text's size.
/** @param {number} size */
export function typeOf(size) {
  return scale === 1 ? size : Math.max(LEAST, Math.round(10 * size * scale) / 10)
}

// Properties that are in pixels, of whatever they are.
const PIXELS = new Set([
  "standoff", "ticklen", "xshift", "yshift", "ax", "ay", "thickness", "borderpad", "borderwidth",
  "xpad", "ypad", "itemwidth",
])
const SIDES = new Set(["l", "r", "t", "b", "pad"])

// A copy of a figure, or of what follows a run in it, in which all that is in pixels is larger.
/**
 * @template T
 * @param {T} value
 * @param {string} [key] what it is the value of
 * @returns {T}
 */
export function enlarged(value, key = "") {
  if (scale === 1) return value
  return /** @type {T} */ (grown(value, key))
}

/** @type {(value: any, key: string) => any} */
function grown(value, key) {
  if (Array.isArray(value)) {
    const pixels = key === "cell" || key === "around" // of a matrix with numbers (live_panels.js)
    return pixels ? value.map((each) => each * scale) : value.map((each) => grown(each, key))
  }
  if (value === null || typeof value !== "object") {
    return PIXELS.has(key) && typeof value === "number" ? value * scale : value
  }
  const font = /font$/i.test(key)
  const mark = key === "marker" || key === "ring"
  const stroke = mark || key === "line" || key === "outline"
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      if (font && name === "size") return [name, each.map?.(typeOf) ?? typeOf(each)]
      if (mark && name === "size") return [name, Array.isArray(each) ? each.map(times) : times(each)]
      if (stroke && name === "width") return [name, times(each)]
      if ((key === "margin" || key === "pad") && SIDES.has(name)) return [name, times(each)]
      return [name, grown(each, name)]
    }),
  )
}

/** @param {any} value */
function times(value) {
  return typeof value === "number" ? value * scale : value
}
