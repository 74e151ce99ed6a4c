// @ts-check
// A race: the validation error of several runs, over epochs, seconds or ratings touched.
//
// `live` comes from recsys_core/figures/race.py; the numbers are the store's. A run in one pass is a
// point, and a line from there on.

import * as store from "./store.js"
import { line, marker } from "./canvas.js"

/** @import { Lane, Panel, Plot, RaceLive, Run, Trace, Update } from "./types.js" */
/** @typedef {[x: number, y: number]} Point */

// Above the highest line, a share of the height.
const ROOM = 0.05

// Of a run's errors, this share of all may lie above the picture: see curves.py.
const BEGINNING = 0.1

/** @implements {Panel} */
export class Race {
  restless = true // Plotly follows even while it moves: for hover, and for its axes

  /** @param {RaceLive} live @param {Trace[]} traces */
  constructor(live, traces) {
    this.live = live
    this.traces = traces
    this.moving = live.lanes.map(({ trace }) => trace)
  }

  sign() {
    const known = this.live.lanes.map(({ stream }) => {
      const run = store.run(stream)
      return `${store.trained(stream)} ${run?.status} ${run?.best} ${!!run?.baselines}`
    })
    return known.join("|")
  }

  epoch() {
    return /** @type {const} */ ("")
  }

  // Where the errors of a run stand: x and y of each epoch, from the first that has a place.
  /** @type {(lane: Lane) => Point[]} */
  points({ stream, touched, single }) {
    const run = store.run(stream)
    const errors = run?.validation
    if (!run || !errors?.length || (single && !store.over(stream))) return []
    const at = places(run, this.live.count, touched)
    const last = errors.length - 1
    if (single) {
      const alone = this.live.count === "seconds" ? at[last] : once(this.live.count, touched)
      return [[alone, errors[last]]]
    }
    /** @type {Point[]} */
    const found = errors.map((error, epoch) => [at[epoch], error])
    return this.live.log ? found.filter(([x]) => x > 0) : found
  }

  // Where the picture ends: at the last epoch planned of any, else where the last of them has come.
  /** @param {Point[][]} lanes */
  end(lanes) {
    const come = Math.max(...lanes.flatMap((points) => points.map(([x]) => x)), 0)
    return this.live.count === "epochs" ? Math.max(this.live.last, come) : come
  }

  /** @type {Panel["paint"]} */
  paint(pen, plot) {
    const all = this.live.lanes.map((lane) => this.points(lane))
    const end = this.end(all)
    this.live.lanes.forEach(({ trace, single }, at) => {
      const points = all[at]
      if (!points.length || plot._fullData?.[trace]?.visible !== true) return
      line(pen, single ? level(points[0], end) : points, this.traces[trace].line)
      if (single) {
        const style = this.traces[trace].marker
        marker(pen, ...points[0], { ...style, size: style.size[0] })
      }
    })
  }

  /** @type {Panel["at"]} */
  at() {
    /** @type {Update} */
    const change = { traces: [], data: { x: [], y: [], textposition: [] }, layout: {} }
    /** @type {(trace: number, points: Point[], textposition?: string) => void} */
    const set = (trace, points, textposition = "top left") => {
      change.traces.push(trace)
      change.data.textposition.push(textposition)
      change.data.x.push(points.map(([x]) => x))
      change.data.y.push(points.map(([, y]) => y))
    }
    const all = this.live.lanes.map((lane) => this.points(lane))
    const end = this.end(all)
    const first = Math.min(...all.flatMap((points) => points.map(([x]) => x).filter((x) => x > 0)))
    this.live.lanes.forEach(({ trace, star, stream, single }, at) => {
      const points = all[at]
      set(trace, single && points.length ? level(points[0], end) : points)
      const run = store.run(stream)
      const best = run?.status === "finished" && !single ? run.best : null
      const from = (run?.validation?.length ?? 0) - points.length // epochs without a place
      const here = best === null ? undefined : points[best - from]
      set(star, here ? [here] : [])
    })
    const from = this.live.log ? first : 0
    // The lowest has its name below, so that two close ones can be read.
    const levels = this.live.baselines.map(([, name]) => this.baseline(name))
    const below = levels.lastIndexOf(Math.min(...levels.map((error) => error ?? Infinity)))
    this.live.baselines.forEach(([trace], at) => {
      const error = levels[at]
      const line = error === null || !Number.isFinite(from) ? [] : [[from, error], [end, error]]
      set(trace, /** @type {Point[]} */ (line), at === below ? "bottom left" : "top left")
    })
    const top = this.top(all)
    if (Number.isFinite(top)) change.layout["yaxis.autorangeoptions.clipmax"] = top
    return change
  }

  /** @param {string} name */
  baseline(name) {
    for (const { stream } of this.live.lanes) {
      const found = store.run(stream)?.baselines?.find((baseline) => baseline.name === name)
      if (found) return found.validation
    }
    return null
  }

  // How high the picture is to reach at most: to the grey lines, and to what the runs come to once
  // their beginning is over.
  /** @param {Point[][]} all */
  top(all) {
    if (this.live.log_y) return NaN
    const levels = this.live.baselines.flatMap(([, name]) => this.baseline(name) ?? [])
    const after = this.live.lanes.flatMap(({ stream }, at) => {
      const planned = store.run(stream)?.n_epochs ?? 0
      const errors = all[at].map(([, y]) => y)
      return errors.slice(Math.min(Math.ceil(BEGINNING * planned), errors.length - 1))
    })
    const [low, high] = [Math.min(...levels, ...after), Math.max(...levels, ...after)]
    return high + ROOM * (high - low)
  }
}

// Where each epoch of a run stands, counted so.
/** @type {(run: Run, count: RaceLive["count"], touched: number) => number[]} */
export function places(run, count, touched) {
  if (count !== "seconds") return run.loss.map((_, epoch) => epoch * once(count, touched))
  let sum = 0
  return run.loss.map((_, epoch) => (sum += run.took?.[epoch] ?? 0))
}

/** @type {(count: RaceLive["count"], touched: number) => number} */
function once(count, touched) {
  return count === "touched" ? touched : 1
}

/** @type {(from: Point, end: number) => Point[]} */
function level([x, y], end) {
  return [[x, y], [Math.max(end, x), y]]
}
