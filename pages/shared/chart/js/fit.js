// @ts-check
// What depends on how large a chart is in this browser: which names and numbers there is room for, and
// where names stand. How large it is, no figure can know.

import { widthOf } from "./canvas.js"
import { scale } from "./enlarge.js"
import { positions } from "./point_labels.js"

/** @import { Axis, Layout, Plot, Trace } from "./types.js" */
/** @typedef {{ layout: Layout, data: Record<string, any[]>, traces: number[], leftOut: number }} Fit */

// Annotations of this name are names of points (recsys_core/figures/latent.py).
const POINT = "point"

// Pixels from one name of a row or column to the next: lying, and slanted.
const [LYING, SLANTED] = [13, 17]

const AXES = /** @type {const} */ (["xaxis", "yaxis"])

// Of a figure that is about to be drawn: what may have to give way.
/** @type {(data: Trace[], layout: Layout) => { ticks: Layout, texts: [trace: number, width: number][] }} */
export function wanted(data, layout) {
  const cells = data.some(({ type }) => type === "heatmap")
  const ticks = cells ? AXES.flatMap((axis) => (layout[axis]?.ticktext ? [axis] : [])) : []
  return {
    ticks: Object.fromEntries(ticks.map((axis) => [axis, { ...layout[axis] }])),
    texts: data.flatMap(({ type, texttemplate, text }, trace) =>
      type === "heatmap" && texttemplate ? [[trace, Math.max(...text.flat().flatMap(lines).map(widthOf))]] : [],
    ),
  }
}

// The lines of a text in a cell, without what only says how they look.
/** @param {string} text */
const lines = (text) => text.split("<br>").map((line) => line.replace(/<[^>]*>/g, ""))

// How it is to be, so that nothing is cut or lies over anything else.
/** @type {(plot: Plot, want: ReturnType<typeof wanted>) => Fit} */
export function fitted(plot, { ticks, texts }) {
  /** @type {Fit} */
  const fit = { layout: {}, data: {}, traces: [], leftOut: 0 }
  const drawn = plot._fullLayout
  if (!drawn?.xaxis?._length) return fit
  for (const axis of AXES) {
    if (ticks[axis]) Object.assign(fit.layout, thinned(drawn[axis], axis, ticks[axis]))
  }
  const names = /** @type {any} */ (plot).layout?.annotations ?? []
  if (names.some((/** @type {any} */ { name }) => name === POINT)) {
    fit.layout.annotations = placed(plot, names)
    fit.leftOut = fit.layout.annotations.filter((/** @type {any} */ a) => a.visible === false).length
  }
  const [width, height] = AXES.map((axis) => each(drawn[axis]))
  for (const [trace, widest] of texts) {
    fit.traces.push(trace)
    const room = widest + 1 <= width && LYING * scale <= height
    ;(fit.data.texttemplate ??= []).push(room ? "%{text}" : "")
  }
  return fit
}

// Pixels from one row or column to the next.
/** @param {Axis} axis */
function each({ _length, range }) {
  return _length / Math.abs(range[1] - range[0])
}

// Every so many names of rows or columns, so that they do not lie over each other; short ones that
// stand side by side are slanted first.
/** @type {(axis: Axis, name: string, wanted: Layout) => Layout} */
function thinned(axis, name, { tickvals, ticktext, tickangle }) {
  const upright = name === "yaxis"
  const room = each(axis)
  const step = tickvals.length > 1 ? tickvals[1] - tickvals[0] : 1
  const widest = Math.max(...ticktext.map(widthOf))
  const slanted = !upright && (tickangle || widest + 6 > room * step)
  const every = Math.max(1, Math.ceil(((slanted ? SLANTED : LYING) * scale) / (room * step)))
  const kept = (/** @type {any[]} */ list) => list.filter((_, i) => i % every === 0)
  const angle = upright ? {} : { [`${name}.tickangle`]: slanted ? tickangle || -45 : 0 }
  return { [`${name}.tickvals`]: kept(tickvals), [`${name}.ticktext`]: kept(ticktext), ...angle }
}

// Annotations, with the names of points where there is room for them; the others not visible.
/** @type {(plot: Plot, annotations: any[]) => any[]} */
export function placed(plot, annotations) {
  const drawn = plot._fullLayout
  if (!drawn?.xaxis?._length) return annotations
  const { xaxis, yaxis } = drawn
  const pixel = (/** @type {number} */ x, /** @type {number} */ y) =>
    /** @type {[number, number]} */ ([xaxis._offset + xaxis.l2p(x), yaxis._offset + yaxis.l2p(y)])
  const frame = room(plot)
  const inside = ([x, y] = [NaN, NaN]) =>
    x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom
  const named = annotations.filter(({ name, x, y }) => name === POINT && inside(pixel(x, y)))
  const marks = (plot._fullData ?? []).flatMap(({ x, y, mode, visible }) =>
    visible === true && mode?.includes("markers") && x
      ? Array.from(x, (value, i) => pixel(value, y[i])).filter(inside)
      : [],
  )
  const places = positions(
    named.map(({ x, y }) => pixel(x, y)), named.map(({ text }) => widthOf(text)), marks, frame,
  )
  return annotations.map((one) => {
    if (one.name !== POINT) return one
    const place = places[named.indexOf(one)] ?? null
    if (place === null) return { ...one, visible: !named.includes(one) }
    return { ...one, ...anchored(place), visible: true }
  })
}

// Where names may stand: in the plot, and in what is free on its right; anywhere before it is drawn.
/** @param {Pick<Plot, "_fullLayout">} plot */
export function room({ _fullLayout: drawn }) {
  if (!drawn) return { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity }
  const { xaxis, yaxis, width, _size } = drawn
  const [right, bottom] = [xaxis._offset + xaxis._length, yaxis._offset + yaxis._length]
  const free = (_size?.r ?? 0) < 30 ? width - 2 : right
  return { left: xaxis._offset - 2, top: yaxis._offset - 4, right: free, bottom: bottom + 4 }
}

// An annotation's side of its point.
/** @param {string} place */
function anchored(place) {
  const [up, along] = place.split(" ")
  return {
    xanchor: { left: "right", right: "left" }[along] ?? "center",
    yanchor: { top: "bottom", bottom: "top" }[up] ?? "middle",
    xshift: scale * ({ left: -8, right: 8 }[along] ?? 0),
    yshift: scale * ({ top: 6, bottom: -6 }[up] ?? 0),
  }
}
