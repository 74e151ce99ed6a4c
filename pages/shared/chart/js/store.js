// @ts-check
// What this browser tab knows: of each run what has been learned so far, and what is looked at.
//
// The page says what is looked at (`see`), the live route brings what runs learn (`take`); whoever
// draws listens. While a run plays, the shown epoch moves here, sixty times a second, and all that
// shows an epoch is drawn from it: there is no other epoch.

import { ended, played, resolve } from "./playback.js"

/** @import { Frame, Sentence, Tick, Watch } from "./messages.js" */
/** @import { Around, Change, Picture, Run, Seen } from "./types.js" */
/** @import { Series, Standing, Told, View } from "./types.js" */

/** @type {Map<string | null, Run>} */
const runs = new Map() // stream → what is known of it
const MOST_RUNS = 24
/** @type {Set<string | null>} */
let watched = new Set() // the streams that news are asked of: those are not forgotten
const MOST_FRAMES = 400

// How a jump of what is trained is spread, in milliseconds: pictures move, they do not flicker.
const GLIDE = 350

/** @type {View} */
export const view = {
  version: -1,
  main: null,
  moment: null,
  playing: false,
  begun: 0,
  speed: "max",
  user: null,
  item: null,
  locked: [],
  trained: 0,
  status: null,
  measured: null,
  racing: {},
}

/** @type {string | null} */
let session = null // the page's, whose versions count from 0

let shown = 0 // the epoch shown, fractions included

/** @type {Set<() => void>} */
const listeners = new Set()
const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)") ?? { matches: false }

// Have a function called whenever something may have to be drawn; gives one that ends it.
/** @param {() => void} listener */
export function listen(listener) {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

// --- what is known of runs ------------------------------------------------------------------------

/** @param {string | null} stream */
export function run(stream) {
  return runs.get(stream)
}

// Its latest epoch; −1 where nothing is known of it.
/** @param {string | null} stream */
export function trained(stream) {
  return (runs.get(stream)?.loss.length ?? 0) - 1
}

/** @type {Sentence | null} */
let verdict = null
let measured = 0 // how much has been measured for the table of comparison

// Who is ahead of the runs that are raced, as the server says; null where it has said nothing yet.
export function race() {
  return Object.keys(view.racing).length ? verdict : null
}

// What this tab has of the runs it watches from now on, for the server to send only what is new.
/** @type {(streams: string[], main: string | null) => Pick<Watch, "runs" | "frames">} */
export function known(streams, main) {
  watched = new Set([...streams, main])
  return {
    runs: Object.fromEntries(streams.map((stream) => [stream, trained(stream) + 1])),
    frames: (runs.get(main)?.frames ?? []).map(({ epoch }) => epoch),
  }
}

// Take in a tick (messages.py, Tick).
/** @param {Pick<Tick, "runs"> & Partial<Pick<Tick, "race" | "measured">>} tick */
export function take({ runs: news, race: said = null, measured: counted = 0 }) {
  if (said) verdict = said
  measured = counted
  const before = runs.get(view.main)?.status
  /** @type {Set<string>} */
  const rested = new Set()
  const first = trained(view.main) < 0
  for (const [stream, of] of Object.entries(news)) {
    const { from, loss, train, validation, took, frames, said, ...rest } = of
    const { best = null, single = false, early = false, rewinding = false } = rest
    const { seconds = null, message = null } = rest
    const state = { ...rest, best, single, early, rewinding, seconds, message }
    /** @type {Run} */
    const here = runs.get(stream) ?? {
      loss: [], train: null, validation: null, took: null, frames: [], said: [], baselines: null, map: null,
      ...state,
    }
    if (here.status === "training" && state.status !== "training") rested.add(stream)
    Object.assign(here, state)
    runs.delete(stream) // to the end: those not heard of for longest are forgotten
    runs.set(stream, here)
    const spliced = (/** @type {Series | "took"} */ series, /** @type {number[]} */ values) =>
      (here[series] ?? []).slice(0, from).concat(values)
    here.loss = spliced("loss", loss)
    if (train) here.train = spliced("train", train)
    if (validation) here.validation = spliced("validation", validation)
    if (took) here.took = spliced("took", took)
    for (const { epoch, text } of said ?? []) {
      here.said = here.said.filter((known) => known.epoch < epoch)
      here.said.push({ epoch, text })
    }
    for (const frame of frames ?? []) insert(here.frames, frame)
    thin(here.frames)
  }
  const others = [...runs.keys()].filter((stream) => !watched.has(stream))
  for (const stream of others.slice(0, Math.max(runs.size - MOST_RUNS, 0))) runs.delete(stream)
  if (first) jump() // there was nothing to glide from
  catchUp(runs.get(view.main)?.status !== before, rested)
  again()
}

// Some of the page says whether its run is at work: what was drawn before that came to rest has to
// be drawn anew. News and page come over two connections, in any order. `rested` are the runs that
// have just stopped.
/** @param {boolean} stopped */
function catchUp(stopped, rested = /** @type {Set<string>} */ (new Set())) {
  if (view.measured !== null && measured > view.measured) {
    view.measured = measured
    change({ status: runs.get(view.main)?.status ?? null })
  }
  for (const [stream, was] of Object.entries(view.racing)) {
    const is = runs.get(stream)?.status
    if (!is || is === "training" || is === was) continue
    if (is === "paused" && !rested.has(stream)) continue // the news that it goes on are on their way
    view.racing[stream] = is
    change({ status: runs.get(view.main)?.status ?? null })
  }
  const status = runs.get(view.main)?.status
  if (!status || status === "training" || status === view.status) return
  if (stopped || status !== "paused" || trained(view.main) > view.trained) change({ status })
}

/** @type {(frames: Picture[], frame: Frame) => void} */
function insert(frames, frame) {
  let at = frames.length
  while (at > 0 && frames[at - 1].epoch >= frame.epoch) at--
  frames.splice(at, frames[at]?.epoch === frame.epoch ? 1 : 0, unpack(frame))
}

/** @param {Picture[]} frames */
function thin(frames) {
  if (frames.length <= MOST_FRAMES) return
  const kept = frames.filter((_, i) => i % 2 === 0 || i === frames.length - 1)
  frames.splice(0, Infinity, ...kept)
}

// Packed numbers: base64 of little-endian 16-bit integers.
/** @type {(frame: Frame) => Picture} */
function unpack({ epoch, matrix, latent, reach = 0, spread = 0 }) {
  const bytes = (/** @type {string} */ text) =>
    Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer
  return {
    epoch,
    matrix: new Uint16Array(bytes(matrix)),
    latent: latent === undefined ? null : new Int16Array(bytes(latent)),
    reach,
    spread,
  }
}

// The two frames around an epoch, and how far between them it lies.
/** @type {(stream: string | null, epoch: number) => Around | null} */
export function around(stream, epoch) {
  const frames = runs.get(stream)?.frames
  if (!frames?.length) return null
  let low = 0
  let high = frames.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (frames[middle].epoch <= epoch) low = middle
    else high = middle - 1
  }
  const before = frames[low]
  const after = frames[Math.min(low + 1, frames.length - 1)]
  const span = after.epoch - before.epoch
  const share = span > 0 ? Math.min(Math.max((epoch - before.epoch) / span, 0), 1) : 0
  return { before, after, share, epoch }
}

// --- what is looked at ----------------------------------------------------------------------------

// What was changed here and the page has not taken in yet: field → the number of its change.
/** @type {Map<string, number>} */
const changed = new Map()
let sequence = 0
/** @type {number | null} */
let timer = null
let tell = (/** @type {Told} */ _change) => {} // gives the page what was changed

/** @param {(change: Told) => void} callback */
export function onChange(callback) {
  tell = callback
}

// Take in what the page says is looked at; `seen` is the last change of here that it took in. What
// was changed here since then stays.
/** @param {Seen} said */
export function see({ session: name, version, elapsed, seen, ...fields }) {
  if (name === session && version < view.version) return
  const other = fields.main !== view.main || name !== session
  const fresh = version !== view.version || other
  session = name
  for (const [field, number] of changed) if (other || number <= seen) changed.delete(field)
  const news = Object.entries(fields).filter(([field]) => !changed.has(field))
  Object.assign(view, Object.fromEntries(news))
  view.version = version
  if (fresh) view.begun = now() - 1000 * elapsed
  if (other || (fresh && !view.playing)) jump()
  catchUp(false)
  again()
}

// Change what is looked at from here, at once; the page is told after `delay` milliseconds, so that
// of a hand that goes on moving it hears only where it came to rest.
/** @type {(fields: Change, delay?: number) => void} */
export function change(fields, delay = 0) {
  sequence += 1
  Object.assign(view, fields)
  for (const name of Object.keys(fields)) changed.set(name, sequence)
  if ("moment" in fields) jump()
  clearTimeout(timer ?? undefined)
  timer = setTimeout(flush, delay)
  again()
}

function flush() {
  clearTimeout(timer ?? undefined)
  timer = null
  const told = Object.entries(view).filter(([name]) => changed.has(name))
  if (told.length) tell({ sequence, ...Object.fromEntries(told) })
}

// Before anything else is pressed, the page is to know what was chosen here.
globalThis.addEventListener?.("pointerdown", () => timer !== null && flush(), true)

// --- the shown epoch ------------------------------------------------------------------------------

// The epoch that is shown, a whole number.
export function epoch() {
  return Math.floor(shown + 1e-6)
}

// The same with its fraction: pictures move between epochs.
export function position() {
  return shown
}

// Whether no more epochs of a run will come.
/** @param {string | null} stream */
export function over(stream) {
  const status = runs.get(stream)?.status
  return status === "finished" || status === "failed"
}

// Where a run is, as status_lines.js wants it: the run in view at the shown epoch, others at their
// best.
/** @type {(stream: string | null) => Standing | null} */
export function standing(stream) {
  const known = runs.get(stream)
  if (!known?.loss.length) return null
  const { status, best, single, early, rewinding, seconds, n_epochs: planned } = known
  const last = trained(stream)
  const here = stream === view.main
  const at = here ? Math.min(epoch(), last) : resolve("best", last, status === "finished", best)
  const value = (/** @type {"train" | "validation"} */ series) => known[series]?.[at] ?? null
  return {
    shown: at, trained: last, planned, status, best, single, early, rewinding, seconds,
    playing: here && view.playing, speed: view.speed,
    train: value("train"), validation: value("validation"), loss: known.loss[at],
  }
}

function now() {
  return globalThis.performance.now()
}

// The latest epoch that can be shown. What moves waits for its pictures; at rest they are on their
// way.
/** @param {string | null} stream */
function reach(stream) {
  const known = runs.get(stream)
  if (!known) return 0
  const { single, status, frames } = known
  const waits = !single && (view.playing || status === "training" || frames.length > 0)
  return Math.max(Math.min(trained(stream), waits ? (frames.at(-1)?.epoch ?? 0) : Infinity), 0)
}

// The epoch to be shown at a time of this window, in milliseconds.
/** @param {number} time */
function target(time) {
  const last = reach(view.main)
  const known = runs.get(view.main)
  const { moment, playing, begun, speed } = view
  const at = resolve(moment, last, known?.status === "finished", known?.best ?? null)
  if (known?.single && moment === null) return last // no Play to wait for
  if (!playing) return Math.min(at, last)
  const start = typeof moment === "number" ? moment : at
  const reached = played(start, (time - begun) / 1000, speed, last)
  return calm.matches ? Math.floor(reached) : reached // no pictures between epochs
}

function jump() {
  shown = target(now())
}

// Whether what is shown is where it is going to stay.
export function atRest() {
  return !view.playing && shown === target(now())
}

let drawn = 0
let frame = 0
let wanted = false

// Ask for one more round of drawing.
export function again() {
  wanted = true
  if (!frame) frame = globalThis.requestAnimationFrame?.(draw) ?? 0
}

/** @param {number} time */
function draw(time) {
  frame = 0
  wanted = false
  const passed = Math.min(time - drawn, 100)
  drawn = time
  move(time, passed)
  for (const listener of listeners) listener()
  if (wanted) again()
}

/** @type {(time: number, passed: number) => void} */
function move(time, passed) {
  const goal = target(time)
  const moving = view.playing || runs.get(view.main)?.status === "training"
  if (!moving || goal < shown || calm.matches) {
    shown = goal
  } else {
    const pace = view.playing && view.speed !== "max" ? view.speed / 1000 : 0
    shown = Math.min(goal, shown + Math.max(1.5 * pace * passed, ((goal - shown) * passed) / GLIDE))
    if (goal - shown < 0.02) shown = goal
  }
  wanted = wanted || shown !== goal || (view.playing && trained(view.main) >= 0)
  if (view.playing && ended(shown, trained(view.main), over(view.main))) {
    change({ playing: false, moment: "best" })
  } else if (view.playing && held() && shown >= trained(view.main)) {
    change({ playing: false, moment: trained(view.main) })
  }
}

// Whether training was paused elsewhere, in another tab; the page knows it, too.
function held() {
  return view.status === "paused" && runs.get(view.main)?.status === "paused"
}
