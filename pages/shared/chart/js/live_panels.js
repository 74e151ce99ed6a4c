// @ts-check
// What each live panel shows at the store's epoch, twice: `paint` draws it on a canvas, sixty times a
// second while it moves; `at` gives it as the arguments of Plotly.update, once it rests.
//
// `live` comes from the figures of recsys_core/figures (curves.py, heatmap.py, latent.py) and says
// which trace is which, and how outlines and rings are drawn; `traces` are the figure's, without
// numbers: those are the store's.

import * as store from "./store.js"
import { colours, line, marker, widthOf, word } from "./canvas.js"
import { room } from "./fit.js"
import { fixed, given, marked } from "./number_format.js"
import { positions } from "./point_labels.js"
import { Race } from "./race_panel.js"
import { sentence, worded } from "./sentences.js"

/** @import { Around, ChartData, CurvesLive, LatentLive, MatrixLive, Size } from "./types.js" */
/** @import { Packed, Panel, Pen, Plot, Run, Series, Stroke, Trace, Update } from "./types.js" */
/** @import { Map as PictureMap } from "./messages.js" */

// Above the highest line, for its name; a share of the height.
const ROOM = 0.09

/** @typedef {[x: number, y: number]} Point */
/** @typedef {(trace: number, x: number[], y: number[], textposition?: string) => void} SetTrace */

// Error over epochs.
/** @implements {Panel} */
class Curves {
  /** @param {CurvesLive} live @param {Trace[]} traces */
  constructor(live, traces) {
    this.live = live
    this.traces = traces
    this.moving = [...live.curves.map(([trace]) => trace), live.ring]
    this.restless = true // Plotly follows even while it moves: for hover, and for its axes
  }

  sign() {
    const ends = this.live.curves.map(([, stream]) => this.end(stream))
    const known = store.run(store.view.main)
    return `${store.position()}|${ends}|${known?.best}|${known?.status}|${!!known?.baselines}`
  }

  epoch() {
    return this.ring() ? store.epoch() : ""
  }

  // The numbers of a series, divided as is shown; none where nothing is known.
  /** @param {Run | undefined} run @param {Series} series */
  values(run, series) {
    const { size } = this.live
    return size === 1 ? run?.[series] : run?.[series]?.map((value) => value / size)
  }

  // The last epoch of a curve that is drawn: while its run moves, the one shown.
  /** @param {string} stream */
  end(stream) {
    return stream === store.view.main && store.view.playing ? store.position() : store.trained(stream)
  }

  // Where the ring stands at the shown epoch.
  /** @returns {Point | null} */
  ring() {
    const values = this.values(store.run(store.view.main), this.live.series)
    return values?.length ? [store.position(), between(values, store.position())] : null
  }

  /** @type {Panel["paint"]} */
  paint(pen, plot) {
    for (const [trace, stream, series, begins] of this.live.curves) {
      const values = this.values(store.run(stream), series)
      if (!values?.length || hidden(plot, trace)) continue
      const end = this.end(stream)
      /** @type {Point[]} */
      const points = values.slice(0, Math.floor(end) + 1).map((value, epoch) => [epoch, value])
      if (end % 1) points.push([end, between(values, end)])
      points.splice(0, begins)
      line(pen, points, this.traces[trace].line)
    }
    const here = this.ring()
    if (here) marker(pen, ...here, this.traces[this.live.ring].marker)
  }

  /** @type {Panel["at"]} */
  at() {
    /** @type {Update} */
    const change = { traces: [], data: { x: [], y: [], textposition: [] }, layout: {} }
    /** @type {SetTrace} */
    const set = (trace, x, y, textposition = "top left") => {
      change.traces.push(trace)
      change.data.x.push(x)
      change.data.y.push(y)
      change.data.textposition.push(textposition)
    }
    for (const [trace, stream, series, begins] of this.live.curves) {
      // All that is known, also what is not shown yet: so the axes have room for it in time.
      const y = this.values(store.run(stream), series)
      if (!y?.length) continue
      set(trace, Array.from(y, (_, epoch) => epoch).slice(begins), y.slice(begins))
    }
    const known = store.run(store.view.main)
    this.level(known, set)
    const star = this.star(known)
    if (this.live.best !== null) set(this.live.best, star ? [star[0]] : [], star ? [star[1]] : [])
    const here = this.ring()
    if (here) set(this.live.ring, [here[0]], [here[1]])
    const top = this.top(known)
    if (top > -Infinity) change.layout["yaxis.autorangeoptions.clipmax"] = top
    return change.traces.length ? change : null
  }

  // How high the picture is to reach at most: to the grey lines, and to what the curves come to once
  // their beginning is over.
  /** @param {Run | undefined} known */
  top(known) {
    const { beginning, curves, series, size } = this.live
    if (!beginning || series === "loss") return -Infinity
    const levels = (known?.baselines ?? []).flatMap((baseline) => {
      const level = baseline[series] ?? null
      return level === null ? [] : level / size
    })
    const after = curves.flatMap(([, stream, each]) => {
      const run = store.run(stream)
      const values = this.values(run, each)
      if (!values?.length) return []
      const from = Math.min(Math.ceil(beginning * (run?.n_epochs ?? 0)), values.length - 1)
      return values.slice(from)
    })
    const [low, high] = [Math.min(...levels, ...after), Math.max(...levels, ...after)]
    return high + ROOM * (high - low)
  }

  // Grey lines; the lowest has its name below, so that two close ones can be read.
  /** @type {(known: Run | undefined, set: SetTrace) => void} */
  level(known, set) {
    const { baselines, last, series, size } = this.live
    if (series === "loss") return // where the objective is shown there are none
    /** @type {[trace: number, value: number | null][]} */
    const values = baselines.map(([trace, name]) => {
      const level = known?.baselines?.find((baseline) => baseline.name === name)?.[series] ?? null
      return [trace, level === null ? null : level / size]
    })
    const lowest = Math.min(...values.map(([, value]) => value ?? Infinity))
    const below = values.findLast(([, value]) => value === lowest)?.[0] // of equal ones, one
    for (const [trace, value] of values) {
      const where = trace === below ? "bottom left" : "top left"
      if (value !== null) set(trace, [last < 2 ? 0 : 1e-9, last], [value, value], where)
    }
  }

  // The lowest validation error, once it is known to be that.
  /** @type {(known: Run | undefined) => Point | null} */
  star(known) {
    if (known?.status !== "finished" || store.view.playing) return null
    const [{ best }, validation] = [known, this.values(known, "validation")]
    if (best === null || !validation || validation.length < 2) return null
    return [best, validation[best]]
  }
}

// Whether a person has hidden a trace by a click on its name in the legend.
/** @type {(plot: Plot, trace: number) => boolean} */
function hidden(plot, trace) {
  return plot._fullData?.[trace]?.visible !== true
}

// A curve at an epoch with a fraction.
/** @type {(values: number[], epoch: number) => number} */
function between(values, epoch) {
  const low = Math.min(Math.floor(epoch), values.length - 1)
  const high = Math.min(low + 1, values.length - 1)
  return values[low] + (values[high] - values[low]) * (epoch - low)
}

// What Matrix and Latent share: two frames around the shown epoch.
/** @template {MatrixLive | LatentLive} Live */
class Framed {
  /** @param {Live} live @param {Trace[]} traces */
  constructor(live, traces) {
    this.live = live
    this.traces = traces
  }

  frames() {
    const found = store.around(store.view.main, store.position())
    return found?.before[this.live.panel] ? found : null
  }

  /** @type {Panel["epoch"]} */
  epoch() {
    const found = this.frames()
    return found ? Math.min(store.epoch(), found.after.epoch) : ""
  }

  sign() {
    const found = this.frames()
    const { main, user, item } = store.view
    if (!found) return null
    const { before, after, epoch } = found
    return [main, before.epoch, after.epoch, epoch.toFixed(2), user, item].join()
  }
}

// The matrix as predicted. Numbers 0 … 65534 span the scale; 65535 is no prediction yet.
/**
 * @implements {Panel}
 * @extends {Framed<MatrixLive>}
 */
class Matrix extends Framed {
  /** @param {MatrixLive} live @param {Trace[]} traces @param {Size} [size] */
  constructor(live, traces, size) {
    super(live, traces)
    this.known = numbers(traces[live.known].z)
    this.colours = colours(traces[live.trace].colorscale)
    this.roomy = this.hasRoom(size)
    this.shrunk = { ...live.shrunk, ...(this.roomy?.shrunk ?? {}) }
    traces[live.trace].hovertext = sentences(live, this.known)
    for (const [trace, [width, height]] of Object.entries(this.shrunk)) {
      const layer = traces[Number(trace)]
      shrink(layer, numbers(layer.z), width, height, this.up(trace))
    }
    if (live.roomy) {
      for (const at of [live.roomy.known, live.roomy.predicted]) traces[at].visible = !!this.roomy
    }
  }

  // How its cells have numbers, where they are large enough for them.
  /** @param {Size} [size] */
  hasRoom(size) {
    const { roomy, rows, columns } = this.live
    if (!roomy || !size) return null
    const [width, height] = [size.width - roomy.around[0], size.height - roomy.around[1]]
    const fits = width / columns.length >= roomy.cell[0] && height / rows.length >= roomy.cell[1]
    return fits ? roomy : null
  }

  /** @param {Size} size */
  resized(size) {
    return !!this.hasRoom(size) !== !!this.roomy
  }

  // How far a layer's cells stand above the middle.
  /** @param {string} trace */
  up(trace) {
    return this.roomy && trace in this.roomy.shrunk ? this.roomy.up : 0
  }

  // What is predicted, as it is written into the cells: x, y, text and ink of each.
  /** @param {Uint16Array} levels */
  numbers(levels) {
    const { rows, columns, low, high, roomy } = this.live
    /** @type {{ x: number[], y: number[], text: string[], ink: string[] }} */
    const said = { x: [], y: [], text: [], ink: [] }
    if (!roomy) return said
    rows.forEach((_, row) =>
      columns.forEach((_, column) => {
        const level = levels[row * columns.length + column]
        if (level === 65535) return
        said.x.push(column)
        said.y.push(row + (this.known[row][column] === null ? 0 : roomy.down))
        said.text.push(marked(fixed(low + ((high - low) * level) / 65534, roomy.digits).replace("-", "−")))
        said.ink.push(roomy.inks[level / 65534 > roomy.inks[2] ? 1 : 0])
      }),
    )
    return said
  }

  // Levels, row by row.
  /** @param {Around} found */
  levels({ before, after, share, epoch }) {
    return before.matrix.map((a, i) => {
      const b = after.matrix[i]
      if (a !== 65535 && b !== 65535) return a + (b - a) * share
      // In the first epoch the cells fill in one by one.
      return epoch > 0.9 * ((i * 0.618034) % 1) ? b : a
    })
  }

  /** @type {Panel["paint"]} */
  paint(pen, plot) {
    const found = this.frames()
    if (!found) return
    const { rows, columns, low, high, trace, held } = this.live
    const { roomy } = this
    /** @type {MatrixLive["shrunk"]} */
    const shrunk = this.shrunk
    const levels = this.levels(found)
    const { colours: { paper, mark }, outline, ring } = this.live
    const gap = this.traces[trace].xgap
    /**
     * @type {(row: number, column: number, width: number, height: number, colour: string,
     *   room?: number) => void}
     */
    const cell = (row, column, width, height, colour, room = 0) => {
      pen.ctx.fillStyle = colour
      const [left, right] = [pen.x(column - width), pen.x(column + width)]
      const [top, bottom] = [pen.y(row - height), pen.y(row + height)]
      pen.ctx.fillRect(left, top, right - left - room, bottom - top - room)
    }
    const layers = Object.keys(shrunk).sort()
    const [dots, frame, inner] = layers.map((key) => shrunk[key])
    const up = this.up(layers[2])
    rows.forEach((_, row) =>
      columns.forEach((_, column) => {
        const level = levels[row * columns.length + column]
        const rating = this.known[row][column]
        if (level !== 65535) cell(row, column, 0.5, 0.5, this.colours(level / 65534), gap)
        else if (rating === null) cell(row, column, ...dots, mark)
        if (rating === null) return
        if (this.live.framed) cell(row - up, column, ...frame, paper)
        cell(row - up, column, ...inner, this.colours((rating - low) / (high - low)))
      }),
    )
    if (roomy) {
      const rated = this.traces[roomy.known]
      const ink = rated.textfont.color
      rated.x.forEach((/** @type {number} */ x, /** @type {number} */ i) =>
        word(pen, x, rated.y[i], rated.text[i], "middle center", ink[i], true),
      )
      const said = this.numbers(levels)
      said.x.forEach((x, i) => word(pen, x, said.y[i], said.text[i], "middle center", said.ink[i]))
    }
    /** @type {(row: number, column: number, half: number, how: Stroke) => void} */
    const box = (row, column, half, { color, width }) => {
      const [left, top] = [pen.x(column - half), pen.y(row - half)]
      Object.assign(pen.ctx, { strokeStyle: color, lineWidth: width })
      pen.ctx.strokeRect(left, top, pen.x(column + half) - left, pen.y(row + half) - top)
    }
    for (const [row, column] of held) box(row, column, outline.half, outline)
    const { users, items } = this.live
    const { user, item } = store.view
    const [row, column] = [users.indexOf(user ?? -1), items.indexOf(item ?? -1)]
    if (row >= 0 && column >= 0) box(row, column, 0.5, ring)
    // So that hover tells what is painted.
    const shown = plot.calcdata?.[trace]?.[0]
    if (shown) shown.z = this.z(levels)
  }

  // Predictions, row by row; null where there is none yet.
  /** @param {Uint16Array} levels */
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

  /** @type {Panel["at"]} */
  at() {
    const found = this.frames()
    if (!found) return null
    const hovertemplate = `%{hovertext}<br>${worded("predicted {rating}", { rating: "%{z}" })}<extra></extra>`
    const levels = this.levels(found)
    /** @type {Update} */
    const change = {
      traces: [this.live.trace], layout: {},
      data: { z: [this.z(levels)], hovertemplate: [hovertemplate] },
    }
    const { roomy } = this.live
    if (roomy) {
      const { x, y, text, ink } = this.numbers(levels)
      change.traces.push(roomy.predicted)
      const more = { x, y, text, textfont: { ...this.traces[roomy.predicted].textfont, color: ink } }
      for (const [key, value] of Object.entries(more)) change.data[key] = [undefined, value]
      change.data.z.push(undefined)
      change.data.hovertemplate.push(undefined)
    }
    return change
  }
}

// What to say of each cell: whose it is, and what is known of it.
/** @type {(live: MatrixLive, known: (number | null)[][]) => string[][]} */
function sentences({ rows, columns, held, words }, known) {
  const said = rows.map((row, r) =>
    columns.map((column, c) => {
      const rating = known[r][c]
      if (rating === null) return `${row}, ${column}<br>${worded("unrated")}`
      const word = words[given(rating)]
      const what = word ? `${given(rating)} (${word})` : given(rating)
      return `${row}, ${column}<br>${worded("rated {rating}", { rating: what })}`
    }),
  )
  for (const [r, c, what] of held) said[r][c] = `${rows[r]}, ${columns[c]}<br>${what}`
  return said
}

// Draw the cells of a heatmap as small ones in their middles: between any two lies a wide, empty
// one. As one picture this is far quicker than a marker a cell.
/** @typedef {number | null} Cell */
/**
 * @type {(
 *   trace: Trace, z: Cell[][], halfWidth: number, halfHeight: number, up?: number,
 * ) => void}
 */
function shrink(trace, z, halfWidth, halfHeight, up = 0) {
  const edges = (/** @type {number} */ n, /** @type {number} */ half, from = 0) =>
    Array.from({ length: 2 * n }, (_, i) => from + (i >> 1) + (i % 2 ? half : -half))
  /**
   * @template T
   * @param {T[]} list
   * @param {() => T} gap
   */
  const spread = (list, gap) => list.flatMap((value, i) => (i ? [gap(), value] : [value]))
  const [rows, columns] = [z.length, z[0].length]
  trace.x = edges(columns, halfWidth)
  trace.y = edges(rows, halfHeight, -up)
  /** @returns {Cell[]} */
  const empty = () => new Array(2 * columns - 1).fill(null)
  trace.z = spread(z.map((row) => spread(row, () => null)), empty)
}

// Rows of numbers, null where there is none, from an array as Plotly's Python side packs it. In a
// mask of bytes, 0 is none.
/** @type {(packed: Packed) => (number | null)[][]} */
function numbers({ dtype, bdata, shape }) {
  const bytes = Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0))
  const flat = dtype === "u1" ? bytes : new Float32Array(bytes.buffer)
  const [rows, columns] = shape.split(",").map(Number)
  const absent = dtype === "u1" ? (/** @type {number} */ value) => value === 0 : Number.isNaN
  return Array.from({ length: rows }, (_, r) =>
    Array.from(flat.subarray(r * columns, (r + 1) * columns), (value) =>
      absent(value) ? null : value,
    ),
  )
}

// Users and items in the plane. Positions are shares of the frame's reach, −32767 … 32767; how wide
// the picture is, and where names stand, comes with the run's map.
/**
 * @implements {Panel}
 * @extends {Framed<LatentLive>}
 */
class Latent extends Framed {
  /** @param {LatentLive} live @param {Trace[]} traces */
  constructor(live, traces) {
    super(live, traces)
    this.reach = 0
    /** @type {string | null} */
    this.drawn = null // the run for which the picture is so wide
    /** @type {(string | null)[]} */
    this.stood = [] // on which side of its point each name stood last
  }

  map() {
    return store.run(store.view.main)?.map ?? null
  }

  // Of each group of points, [x, y] of each.
  /** @type {(found: Around) => Point[][]} */
  places({ before, after, share }) {
    const [here, there] = [before.latent, after.latent]
    if (!here || !there) return this.live.groups.map(() => [])
    const from = ((1 - share) * before.reach) / 32767
    const to = (share * after.reach) / 32767
    const place = (/** @type {number} */ i) => here[i] * from + there[i] * to
    return this.live.groups.map(({ points: [first, end] }) =>
      Array.from({ length: end - first }, (_, i) => [
        place(2 * (first + i)),
        place(2 * (first + i) + 1),
      ]),
    )
  }

  // The points that are named, as far as they are seen.
  /** @type {(places: Point[][], plot?: Plot) => { x: number, y: number, text: string }[]} */
  named(places, plot) {
    const { names, groups } = this.live
    if (!names) return []
    return places.flatMap((points, index) =>
      plot && hidden(plot, groups[index].trace)
        ? []
        : points.map(([x, y], i) => ({ x, y, text: names[index][i] })),
    )
  }

  /** @type {Panel["paint"]} */
  paint(pen, plot) {
    const found = this.frames()
    if (!found) return
    const places = this.places(found)
    const names = this.named(places, plot)
    if (names.length) this.write(pen, plot, names)
    places.forEach((points, index) => {
      const { trace, side, ids } = this.live.groups[index]
      if (hidden(plot, trace)) return
      const style = this.traces[trace].marker
      const drawn = plot.calcdata?.[trace]
      const selected = ids.indexOf(store.view[side] ?? -1)
      points.forEach(([x, y], i) => {
        marker(pen, x, y, style)
        if (i === selected) marker(pen, x, y, this.live.ring)
        if (drawn?.[i]) Object.assign(drawn[i], { x, y }) // so that hover finds it
      })
    })
  }

  // Names where there is room for them now: they stay where they stood, as long as they can.
  /** @type {(pen: Pen, plot: Plot, names: { x: number, y: number, text: string }[]) => void} */
  write(pen, plot, names) {
    const points = names.map(({ x, y }) => /** @type {Point} */ ([pen.x(x), pen.y(y)]))
    const widths = names.map(({ text }) => widthOf(text))
    this.stood = positions(points, widths, points, room(plot), this.stood)
    names.forEach(({ x, y, text }, i) => {
      const place = this.stood[i]
      if (place) word(pen, x, y, text, place, this.live.name?.font.color)
    })
  }

  /** @type {Panel["at"]} */
  at() {
    const found = this.frames()
    const map = this.map()
    if (!found || !map) return null
    const places = this.places(found)
    this.grow(found, map)
    const range = [-this.reach, this.reach]
    return {
      traces: this.live.groups.map(({ trace }) => trace),
      data: {
        x: places.map((points) => points.map(([x]) => x)),
        y: places.map((points) => points.map(([, y]) => y)),
      },
      layout: {
        ...(this.live.names && {
          annotations: this.named(places).map((one) => ({ ...this.live.name, ...one })),
        }),
        "xaxis.range": range, "xaxis.title.text": sentence(map.main),
        "yaxis.range": range, "yaxis.title.text": sentence(map.second),
      },
    }
  }

  // Beyond the picture it takes a wider one, with some room so that this stays rare.
  /** @type {(found: Around, map: PictureMap) => void} */
  grow({ before, after }, map) {
    const spread = Math.max(before.spread, after.spread)
    if (this.drawn !== store.view.main) this.reach = 0
    this.drawn = store.view.main
    this.reach = Math.max(this.reach, map.reach)
    if (spread > this.reach) this.reach = 1.25 * spread
  }

  // Whether Plotly has to widen its axes before painting can go on.
  outgrown() {
    const found = this.frames()
    const map = this.map()
    if (!found || !map) return false
    const spread = Math.max(found.before.spread, found.after.spread)
    return spread > this.reach || this.reach < map.reach || this.drawn !== store.view.main
  }
}

// The panel for what a figure says of itself.
/** @type {(live: NonNullable<ChartData["live"]>, traces: Trace[], size?: Size) => Panel} */
export function panelOf(live, traces, size) {
  if (live.panel === "curves") return new Curves(live, traces)
  if (live.panel === "race") return new Race(live, traces)
  return live.panel === "matrix" ? new Matrix(live, traces, size) : new Latent(live, traces)
}
