// What each live panel shows at an epoch, as the arguments of Plotly.update:
// `at(view)` gives { traces, data, layout }, or null when nothing changed since it was last asked.
//
// `live` comes from recsys_core/figures/live_*.py and says which trace is which.

import * as store from "./store.js"

// Error over epochs. Traces with `meta.stream` and `meta.series` are the curves; `live.ring` is the
// trace of the dark ring at the shown epoch.
class Curves {
  constructor(live, traces) {
    this.live = live
    this.curves = traces.flatMap(({ meta }, trace) => (meta?.series ? [{ trace, ...meta }] : []))
  }

  at(view) {
    const { stream, ring } = this.live
    const here = view.stream === stream
    const epoch = here ? Math.floor(view.shown + 1e-6) : store.latest(stream)
    const ends = this.curves.map(({ stream: of }) =>
      of === stream && view.following && here ? epoch : store.latest(of),
    )
    const sign = `${ends}|${epoch}`
    if (sign === this.sign || !this.curves.length || ends.every((end) => end < 0)) return null
    this.sign = sign
    const traces = []
    const x = []
    const y = []
    this.curves.forEach(({ trace, stream: of, series }, i) => {
      const values = store.run(of)?.curve[series]
      if (!values?.length) return
      traces.push(trace)
      y.push(values.slice(0, ends[i] + 1))
      x.push(Array.from(y.at(-1), (_, number) => number))
    })
    const value = store.run(stream)?.curve[this.live.series]?.[epoch]
    if (value !== undefined) {
      traces.push(ring)
      x.push([epoch])
      y.push([value])
    }
    return { traces, data: { x, y }, layout: {} }
  }
}

// The matrix as predicted. Numbers 0 … 65534 span the scale; 65535 is no prediction yet.
class Matrix {
  constructor(live, traces) {
    this.live = live
    const known = numbers(traces[live.known].z)
    traces[live.trace].hovertext = sentences(live, known)
    for (const [trace, half] of Object.entries(live.shrunk)) {
      shrink(traces[trace], numbers(traces[trace].z), half)
    }
  }

  at(view) {
    const { stream, trace, rows, columns, low, high } = this.live
    const frames = view.stream === stream && store.around(stream, view.shown)
    if (!frames || !frames.before.matrix) return null
    const { before, after, share } = frames
    const sign = `${before.epoch}|${after.epoch}|${share.toFixed(3)}`
    if (sign === this.sign) return null
    this.sign = sign
    const step = (high - low) / 65534
    let i = 0
    const z = rows.map(() =>
      columns.map(() => {
        const a = before.matrix[i]
        const b = after.matrix[i]
        // From nothing to the first prediction, the cells fill in one by one.
        const turn = (++i * 0.618034) % 1
        if (a !== 65535 && b !== 65535) return low + step * (a + (b - a) * share)
        const there = share > 0.9 * turn ? b : a
        return there === 65535 ? null : low + step * there
      }),
    )
    const begun = before.epoch > 0 || share > 0
    const hovertemplate = `%{hovertext}${begun ? "<br>predicted %{z:.3~g}" : ""}<extra></extra>`
    return { traces: [trace], data: { z: [z], hovertemplate: [hovertemplate] }, layout: {} }
  }
}

// What to say of each cell: whose it is, and what is known of it.
function sentences({ rows, columns, held }, known) {
  const said = rows.map((row, r) =>
    columns.map((column, c) => {
      const rating = known[r][c]
      const rated = rating === null ? "unrated" : `rated ${+rating.toPrecision(3)}`
      return `${row}, ${column}<br>${rated}`
    }),
  )
  for (const [r, c, what] of held) said[r][c] = `${rows[r]}, ${columns[c]}<br>${what}`
  return said
}

// Draw the cells of a heatmap as small squares in their middles: between any two lies a wide,
// empty one. As one picture this is far quicker than a marker a cell.
function shrink(trace, z, [halfWidth, halfHeight]) {
  const edges = (n, half) =>
    Array.from({ length: 2 * n }, (_, i) => (i >> 1) + (i % 2 ? half : -half))
  const spread = (list, between) =>
    list.flatMap((value, i) => (i ? [between(), value] : [value]))
  const [rows, columns] = [z.length, z[0].length]
  trace.x = edges(columns, halfWidth)
  trace.y = edges(rows, halfHeight)
  const empty = () => new Array(2 * columns - 1).fill(null)
  trace.z = spread(
    z.map((row) => spread(row, () => null)),
    empty,
  )
}

// Rows of numbers, null where there is none, from an array as Plotly's Python side packs it. In a
// mask of bytes, 0 is none.
function numbers({ dtype, bdata, shape }) {
  const bytes = Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0))
  const flat = dtype === "u1" ? bytes : new Float32Array(bytes.buffer)
  const [rows, columns] = shape.split(",").map(Number)
  const there = dtype === "u1" ? (value) => value || null : (v) => (Number.isNaN(v) ? null : v)
  return Array.from({ length: rows }, (_, r) =>
    Array.from(flat.subarray(r * columns, (r + 1) * columns), there),
  )
}

// Users and items in the plane. Positions are shares of the frame's reach, −32767 … 32767.
class Latent {
  constructor(live) {
    this.live = live
    this.reach = live.reach
  }

  at(view) {
    const { stream, groups } = this.live
    const frames = view.stream === stream && store.around(stream, view.shown)
    if (!frames || !frames.before.latent) return null
    const { before, after, share } = frames
    const sign = `${before.epoch}|${after.epoch}|${share.toFixed(3)}`
    if (sign === this.sign) return null
    this.sign = sign
    const from = before.reach / 32767
    const to = after.reach / 32767
    const place = (i) => before.latent[i] * from * (1 - share) + after.latent[i] * to * share
    const places = (coordinate) =>
      groups.map(({ points: [first, end] }) =>
        Array.from({ length: end - first }, (_, i) => place(2 * (first + i) + coordinate)),
      )
    const [x, y] = [places(0), places(1)]
    const layout = {}
    const spread = Math.max(before.spread, share > 0 ? after.spread : 0)
    if (spread > this.reach) {
      // Grown beyond the picture: a wider one, with some room so that this stays rare.
      this.reach = 1.25 * spread
      layout["xaxis.range"] = [-this.reach, this.reach]
      layout["yaxis.range"] = [-this.reach, this.reach]
    }
    return { traces: groups.map(({ trace }) => trace), data: { x, y }, layout }
  }
}

export const panels = { curves: Curves, matrix: Matrix, latent: Latent }
