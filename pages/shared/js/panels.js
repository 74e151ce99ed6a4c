// What each live panel shows at an epoch, as the arguments of Plotly.update:
// `at(view)` gives { traces, data, layout }, or null when nothing changed since it was last asked.
//
// `live` comes from recsys_core/figures/live.py and says which trace is which.

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
  constructor(live) {
    this.live = live
  }

  at(view) {
    const { stream, trace, rows, columns, low, high } = this.live
    const frames = view.stream === stream && store.around(stream, view.shown)
    if (!frames?.before.matrix) return null
    const { before, after, share } = frames
    const sign = `${before.epoch}|${after.epoch}|${share.toFixed(3)}`
    if (sign === this.sign) return null
    this.sign = sign
    const step = (high - low) / 65534
    const z = []
    for (let row = 0, i = 0; row < rows; row++) {
      const line = new Array(columns)
      for (let column = 0; column < columns; column++, i++) {
        const a = before.matrix[i]
        const b = after.matrix[i]
        // From nothing to the first prediction, the cells fill in one by one.
        if (a === 65535 || b === 65535) {
          const there = share > ((i * 0.618034) % 1) * 0.9 ? b : a
          line[column] = there === 65535 ? null : low + step * there
        } else {
          line[column] = low + step * (a + (b - a) * share)
        }
      }
      z.push(line)
    }
    return { traces: [trace], data: { z: [z] }, layout: {} }
  }
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
    if (!frames?.before.latent) return null
    const { before, after, share } = frames
    const sign = `${before.epoch}|${after.epoch}|${share.toFixed(3)}`
    if (sign === this.sign) return null
    this.sign = sign
    const from = before.reach / 32767
    const to = after.reach / 32767
    const place = (i) =>
      before.latent[i] * from * (1 - share) + after.latent[i] * to * share
    const x = groups.map(({ points }) => points.map((point) => place(2 * point)))
    const y = groups.map(({ points }) => points.map((point) => place(2 * point + 1)))
    const layout = {}
    const reach = Math.max(before.reach, share > 0 ? after.reach : 0)
    if (reach > this.reach) {
      // Grown beyond the picture: a wider one, with some room so that this stays rare.
      this.reach = 1.25 * reach
      layout["xaxis.range"] = [-this.reach, this.reach]
      layout["yaxis.range"] = [-this.reach, this.reach]
    }
    return { traces: groups.map(({ trace }) => trace), data: { x, y }, layout }
  }
}

export const panels = { curves: Curves, matrix: Matrix, latent: Latent }
