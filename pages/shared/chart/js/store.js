// What this browser tab knows: of each run what has been learned so far, and what is looked at.
//
// The page says what is looked at (`see`), the live route brings what runs learn (`take`); whoever
// draws listens. While a run plays, the shown epoch moves here, sixty times a second, and all that
// shows an epoch is drawn from it: there is no other epoch.

import { ended, played, resolve } from "./playback.js"

const runs = new Map() // stream → what is known of it
const MOST_RUNS = 24
const MOST_FRAMES = 400

// How a jump of what is trained is spread, in milliseconds: pictures move, they do not flicker.
const GLIDE = 350

export const view = {
  version: -1,
  main: null, // the stream of the run in view
  moment: null, // "best", "latest", an epoch, or null; where playback began, while it plays
  playing: false,
  begun: 0, // when playback began, in this window's time
  speed: "max",
  user: null,
  item: null,
  locked: [],
  trained: 0, // epochs of the run in view when the page began to be drawn
  status: null, // its status then
}

let session = null // the page's, whose versions count from 0

let shown = 0 // the epoch shown, fractions included

const listeners = new Set()
const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)") ?? { matches: false }

export function listen(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

// --- what is known of runs ------------------------------------------------------------------------

export function run(stream) {
  return runs.get(stream)
}

export function trained(stream) {
  return (runs.get(stream)?.loss.length ?? 0) - 1
}

// What this tab has, for the server to send only what is new.
export function known(streams, main) {
  return {
    runs: Object.fromEntries(streams.map((stream) => [stream, trained(stream) + 1])),
    frames: (runs.get(main)?.frames ?? []).map(({ epoch }) => epoch),
  }
}

// Take in a tick (messages.py, Tick).
export function take({ runs: news }) {
  const before = runs.get(view.main)?.status
  const first = trained(view.main) < 0
  for (const [stream, { from, loss, train, validation, frames, said, ...rest }] of Object.entries(news)) {
    const here = runs.get(stream) ?? {
      loss: [], train: null, validation: null, frames: [], said: [], baselines: null, map: null,
    }
    runs.delete(stream) // to the end: those not heard of for longest are forgotten
    runs.set(stream, here)
    for (const [series, values] of Object.entries({ loss, train, validation })) {
      if (!values) continue
      here[series] ??= []
      here[series] = here[series].slice(0, from).concat(values)
    }
    const { best = null, single = false, early = false, rewinding = false } = rest
    const { seconds = null, message = "" } = rest
    Object.assign(here, rest, { best, single, early, rewinding, seconds, message })
    for (const { epoch, text } of said ?? []) {
      here.said = here.said.filter((known) => known.epoch < epoch)
      here.said.push({ epoch, text })
    }
    for (const frame of frames ?? []) insert(here.frames, frame)
    thin(here.frames)
  }
  while (runs.size > MOST_RUNS) runs.delete(runs.keys().next().value)
  if (first) jump() // there was nothing to glide from
  catchUp(runs.get(view.main)?.status !== before)
  again()
}

// Some of the page says whether its run is at work: what was drawn before that came to rest has to
// be drawn anew. News and page come over two connections, in any order.
function catchUp(stopped) {
  const status = runs.get(view.main)?.status
  if (!status || status === "training" || status === view.status) return
  if (stopped || status !== "paused" || trained(view.main) > view.trained) change({ status })
}

function insert(frames, frame) {
  let at = frames.length
  while (at > 0 && frames[at - 1].epoch >= frame.epoch) at--
  frames.splice(at, frames[at]?.epoch === frame.epoch ? 1 : 0, unpack(frame))
}

function thin(frames) {
  if (frames.length <= MOST_FRAMES) return
  const kept = frames.filter((_, i) => i % 2 === 0 || i === frames.length - 1)
  frames.splice(0, Infinity, ...kept)
}

// Packed numbers: base64 of little-endian 16-bit integers.
function unpack(frame) {
  const integers = (text, Kind) =>
    text && new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)
  return {
    ...frame, // epoch, reach, spread
    matrix: integers(frame.matrix, Uint16Array),
    latent: integers(frame.latent, Int16Array),
  }
}

// The two frames around an epoch, and how far between them it lies.
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
const changed = new Map()
let sequence = 0
let timer = null
let tell = () => {} // gives the page what was changed

export function onChange(callback) {
  tell = callback
}

// Take in what the page says is looked at; `seen` is the last change of here that it took in. What
// was changed here since then stays.
export function see({ session: name, version, elapsed, seen, ...fields }) {
  if (name === session && version < view.version) return
  const other = fields.main !== view.main || name !== session
  const fresh = version !== view.version || other
  session = name
  for (const [field, number] of changed) if (other || number <= seen) changed.delete(field)
  for (const [field, value] of Object.entries(fields)) {
    if (!changed.has(field)) view[field] = value
  }
  view.version = version
  if (fresh) view.begun = now() - 1000 * elapsed
  if (other || (fresh && !view.playing)) jump()
  catchUp(false)
  again()
}

// Change what is looked at from here, at once; the page is told after `delay` milliseconds, so that
// of a hand that goes on moving it hears only where it came to rest.
export function change(fields, delay = 0) {
  sequence += 1
  for (const [name, value] of Object.entries(fields)) {
    view[name] = value
    changed.set(name, sequence)
  }
  if ("moment" in fields) jump()
  clearTimeout(timer)
  timer = setTimeout(flush, delay)
  again()
}

function flush() {
  clearTimeout(timer)
  timer = null
  const told = [...changed.keys()].map((name) => [name, view[name]])
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
export function over(stream) {
  return ["finished", "failed"].includes(runs.get(stream)?.status)
}

// Where a run is, as status_lines.js wants it: the run in view at the shown epoch, others at their best.
export function standing(stream) {
  const known = runs.get(stream)
  if (!known?.loss.length) return null
  const { status, best, single, early, rewinding, seconds, n_epochs: planned } = known
  const last = trained(stream)
  const here = stream === view.main
  const at = here ? Math.min(epoch(), last) : resolve("best", last, status === "finished", best)
  const value = (series) => known[series]?.[at] ?? null
  return {
    shown: at, trained: last, planned, status, best, single, early, rewinding, seconds,
    playing: here && view.playing, speed: view.speed,
    train: value("train"), validation: value("validation"), loss: value("loss"),
  }
}

function now() {
  return globalThis.performance.now()
}

// The latest epoch that can be shown. What moves waits for its pictures; at rest they are on their
// way.
function reach(stream) {
  const { single, status, frames } = runs.get(stream) ?? {}
  const waits = !single && (view.playing || status === "training" || frames?.length)
  return Math.max(Math.min(trained(stream), waits ? (frames?.at(-1)?.epoch ?? 0) : Infinity), 0)
}

function target(time) {
  const last = reach(view.main)
  if (view.playing) return played(view.moment ?? 0, (time - view.begun) / 1000, view.speed, last)
  const known = runs.get(view.main)
  return Math.min(resolve(view.moment, last, known?.status === "finished", known?.best ?? null), last)
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

function draw(time) {
  frame = 0
  wanted = false
  const passed = Math.min(time - drawn, 100)
  drawn = time
  move(time, passed)
  for (const listener of listeners) listener()
  if (wanted) again()
}

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
