// What each live panel shows at an epoch, twice: `paint` draws it on a canvas, sixty times a second
// while it moves; `at` gives it as the arguments of Plotly.update, once it rests.
//
// `live` comes from the figures of recsys_core/figures (curves.py, live_*.py) and says which trace
// is which; `traces` are the figure's. `sign` is a text that changes when the picture does.

import * as store from "./store.js"
import { colours, line, marker, word } from "./pen.js"

// Error over epochs. Traces with `meta.stream` and `meta.series` are the curves; `live.ring` is the
// trace of the dark ring at the shown epoch.
class Curves {
  constructor(live, traces) {
    this.live = live
    this.traces = traces
    this.curves = traces.flatMap(({ meta }, trace) => (meta?.series ? [{ trace, ...meta }] : []))
    this.moving = [...this.curves.map(({ trace }) => trace), live.ring]
    this.restless = true // Plotly follows even while it moves: for hover, and for its axes
  }

  sign(view) {
    return `${this.epoch(view)}|${this.curves.map((curve) => this.end(curve, view))}`
  }

  epoch(view) {
    const { stream } = this.live
    return view.stream === stream ? view.shown : store.latest(stream)
  }

  // The last epoch of a curve that is drawn: while its run is followed, the one shown.
  end({ stream }, view) {
    const followed = view.stream === stream && stream === this.live.stream && view.following
    return followed ? this.epoch(view) : store.latest(stream)
  }

  ring(view) {
    const values = store.run(this.live.stream)?.curve[this.live.series]
    const epoch = this.epoch(view)
    return values?.length ? [epoch, between(values, epoch)] : null
  }

  paint(pen, view, plot) {
    for (const curve of this.curves) {
      const values = store.run(curve.stream)?.curve[curve.series]
      if (!values?.length || hidden(plot, curve.trace)) continue
      const end = this.end(curve, view)
      const points = values.slice(0, Math.floor(end) + 1).map((value, epoch) => [epoch, value])
      if (end % 1) points.push([end, between(values, end)])
      line(pen, points, this.traces[curve.trace].line)
    }
    const ring = this.ring(view)
    if (ring) marker(pen, ...ring, this.traces[this.live.ring].marker)
  }

  at(view) {
    const change = { traces: [], data: { x: [], y: [] }, layout: {} }
    const set = (trace, x, y) => {
      change.traces.push(trace)
      change.data.x.push(x)
      change.data.y.push(y)
    }
    for (const curve of this.curves) {
      // All that is known, also what is not shown yet: so the axes have room for it in time.
      const y = store.run(curve.stream)?.curve[curve.series]
      if (y?.length) set(curve.trace, Array.from(y, (_, epoch) => epoch), [...y])
    }
    const ring = this.ring(view)
    if (ring) set(this.live.ring, [ring[0]], [ring[1]])
    return change.traces.length ? change : null
  }
}

// Whether a person has hidden a trace by a click on its name in the legend.
function hidden(plot, trace) {
  return plot._fullData?.[trace]?.visible !== true
}

function between(values, epoch) {
  const low = Math.min(Math.floor(epoch), values.length - 1)
  const high = Math.min(low + 1, values.length - 1)
  return values[low] + (values[high] - values[low]) * (epoch - low)
}

// What Matrix and Latent share: two frames around the shown epoch.
class Framed {
  constructor(live, traces) {
    this.live = live
    this.traces = traces
  }

  frames(view) {
    const { stream, panel } = this.live
    const found = view.stream === stream ? store.around(stream, view.shown) : null
    return found?.before[panel] ? found : null
  }

  sign(view) {
    const found = this.frames(view)
    return found && `${found.before.epoch}|${found.after.epoch}|${found.epoch.toFixed(2)}`
  }
}

// The matrix as predicted. Numbers 0 … 65534 span the scale; 65535 is no prediction yet.
class Matrix extends Framed {
  constructor(live, traces) {
    super(live, traces)
    this.known = numbers(traces[live.known].z)
    this.colours = colours(traces[live.trace].colorscale)
    traces[live.trace].hovertext = sentences(live, this.known)
    for (const [trace, [width, height]] of Object.entries(live.shrunk)) {
      shrink(traces[trace], numbers(traces[trace].z), width, height)
    }
  }

  // Levels, row by row.
  levels({ before, after, share, epoch }) {
    return before.matrix.map((a, i) => {
      const b = after.matrix[i]
      if (a !== 65535 && b !== 65535) return a + (b - a) * share
      // In the first epoch the cells fill in one by one.
      return epoch > 0.9 * ((i * 0.618034) % 1) ? b : a
    })
  }

  paint(pen, view, plot) {
    const { rows, columns, low, high, trace, shrunk, held, ring } = this.live
    const levels = this.levels(this.frames(view))
    const { ink, paper, mark } = this.live.colours
    const cell = (row, column, width, height, colour, room = 0) => {
      pen.ctx.fillStyle = colour
      const [left, right] = [pen.x(column - width), pen.x(column + width)]
      const [top, bottom] = [pen.y(row - height), pen.y(row + height)]
      pen.ctx.fillRect(left, top, right - left - room, bottom - top - room)
    }
    const [dots, frame, inner] = Object.keys(shrunk).sort().map((key) => shrunk[key])
    rows.forEach((_, row) =>
      columns.forEach((_, column) => {
        const level = levels[row * columns.length + column]
        const rating = this.known[row][column]
        if (level !== 65535) cell(row, column, 0.5, 0.5, this.colours(level / 65534), 1)
        else if (rating === null) cell(row, column, ...dots, mark)
        if (rating === null) return
        if (this.live.framed) cell(row, column, ...frame, paper)
        cell(row, column, ...inner, this.colours((rating - low) / (high - low)))
      }),
    )
    const outline = (row, column, half, width, alpha) => {
      const [left, top] = [pen.x(column - half), pen.y(row - half)]
      Object.assign(pen.ctx, { strokeStyle: ink, lineWidth: width, globalAlpha: alpha })
      pen.ctx.strokeRect(left, top, pen.x(column + half) - left, pen.y(row + half) - top)
    }
    for (const [row, column] of held) outline(row, column, 0.4, 1, 0.75)
    if (ring) outline(...ring, 0.5, 3, 1)
    pen.ctx.globalAlpha = 1
    // So that hover tells what is painted.
    const shown = plot.calcdata?.[trace]?.[0]
    if (shown) shown.z = this.z(levels)
  }

  z(levels) {
    const { rows, columns, low, high } = this.live
    const step = (high - low) / 65534
    return rows.map((_, row) =>
      columns.map((_, column) => {
        const level = levels[row * columns.length + column]
        return level === 65535 ? null : low + step * level
      }),
    )
  }

  at(view) {
    const found = this.frames(view)
    if (!found) return null
    const begun = found.epoch > 0
    const hovertemplate = `%{hovertext}${begun ? "<br>predicted %{z:.3~g}" : ""}<extra></extra>`
    const data = { z: [this.z(this.levels(found))], hovertemplate: [hovertemplate] }
    return { traces: [this.live.trace], data, layout: {} }
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

// Draw the cells of a heatmap as small ones in their middles: between any two lies a wide, empty
// one. As one picture this is far quicker than a marker a cell.
function shrink(trace, z, halfWidth, halfHeight) {
  const edges = (n, half) =>
    Array.from({ length: 2 * n }, (_, i) => (i >> 1) + (i % 2 ? half : -half))
  const spread = (list, gap) => list.flatMap((value, i) => (i ? [gap(), value] : [value]))
  const [rows, columns] = [z.length, z[0].length]
  trace.x = edges(columns, halfWidth)
  trace.y = edges(rows, halfHeight)
  const empty = () => new Array(2 * columns - 1).fill(null)
  trace.z = spread(z.map((row) => spread(row, () => null)), empty)
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
class Latent extends Framed {
  constructor(live, traces) {
    super(live, traces)
    this.reach = live.reach
  }

  // Of each group of points, [x, y] of each.
  places({ before, after, share }) {
    const from = ((1 - share) * before.reach) / 32767
    const to = (share * after.reach) / 32767
    const place = (i) => before.latent[i] * from + after.latent[i] * to
    return this.live.groups.map(({ points: [first, end] }) =>
      Array.from({ length: end - first }, (_, i) => [
        place(2 * (first + i)),
        place(2 * (first + i) + 1),
      ]),
    )
  }

  paint(pen, view, plot) {
    const places = this.places(this.frames(view))
    places.forEach((points, group) => {
      const { trace } = this.live.groups[group]
      if (hidden(plot, trace)) return
      const { mode, text, textposition, textfont } = this.traces[trace]
      const style = this.traces[trace].marker
      const written = mode.includes("text")
      const shown = plot.calcdata?.[trace]
      points.forEach(([x, y], i) => {
        marker(pen, x, y, style)
        if (written) {
          const where = Array.isArray(textposition) ? textposition[i] : textposition
          word(pen, x, y, text[i], where, textfont?.color ?? this.live.ink)
        }
        if (shown?.[i]) Object.assign(shown[i], { x, y }) // so that hover finds it
      })
    })
  }

  at(view) {
    const found = this.frames(view)
    if (!found) return null
    const places = this.places(found)
    const layout = {}
    if (this.grows(found)) {
      layout["xaxis.range"] = [-this.reach, this.reach]
      layout["yaxis.range"] = [-this.reach, this.reach]
    }
    const data = {
      x: places.map((points) => points.map(([x]) => x)),
      y: places.map((points) => points.map(([, y]) => y)),
    }
    return { traces: this.live.groups.map(({ trace }) => trace), data, layout }
  }

  // Beyond the picture it takes a wider one, with some room so that this stays rare.
  grows({ before, after }) {
    const spread = Math.max(before.spread, after.spread)
    if (spread <= this.reach) return false
    this.reach = 1.25 * spread
    return true
  }

  // Whether Plotly has to widen its axes before painting can go on.
  outgrown(view) {
    const found = this.frames(view)
    return found !== null && Math.max(found.before.spread, found.after.spread) > this.reach
  }
}

export const panels = { curves: Curves, matrix: Matrix, latent: Latent }
