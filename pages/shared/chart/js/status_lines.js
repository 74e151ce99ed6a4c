// @ts-check
// The short lines that say where a run is, and the teacher's sentence.
//
// The same as recsys_core/live/status_lines.py and commentary.py say; one table of cases
// tests both. `at` says where the run is.

import { duration, error, number } from "./number_format.js"
import { sentence, worded } from "./sentences.js"

/** @import { Baseline, Sentence } from "./messages.js" */
/** @import { Run, Standing } from "./types.js" */

/** @param {Standing} at */
export function progress(at) {
  if (at.single) {
    if (at.status === "failed") return worded("failed")
    return at.status === "finished" ? worded("done, in one pass") : worded("at work …")
  }
  const text = epochOf(at)
  if (at.status === "failed") return `${text} · ${worded("failed")}`
  if (at.rewinding) return `${text} · ${worded("going back …")}`
  if (at.playing || at.status === "training") {
    const left = secondsLeft(at)
    return left === null ? text : `${text} · ${worded("{time} left", { time: duration(left) })}`
  }
  const finished = at.status === "finished"
  if (finished && at.shown === at.best && at.best < at.trained) {
    return `${text} · ${worded("the best on validation")}`
  }
  if (at.shown < at.trained) return `${text} · ${worded("looking back")}`
  if (finished) return `${text} · ${at.early ? worded("stopped early") : worded("done")}`
  return at.shown ? `${text} · ${worded("paused")}` : text
}

/** @param {Standing} at */
function epochOf({ shown, planned }) {
  return worded("epoch {shown:,} / {planned:,}", { shown, planned })
}

/** @param {Standing} at */
function secondsLeft(at) {
  let training = 0
  if (at.status !== "finished") {
    if (at.seconds === null && (!at.playing || at.speed === "max")) return null
    training = (at.planned - at.trained) * (at.seconds ?? 0)
  }
  if (!at.playing || at.speed === "max") return training
  const end = at.status === "finished" ? at.trained : at.planned
  return Math.max(training, (end - at.shown) / at.speed)
}

const BIAS = "User + item bias"

/** @type {(at: Standing, baselines: Baseline[] | null) => string} */
export function quality(at, baselines) {
  const part = at.validation !== null ? "validation" : "train"
  const rmse = at[part]
  if (rmse === null) return worded("predicts preferences, not ratings")
  const text = part === "train" ? training(rmse) : validation(rmse)
  const bias = baselines?.find(({ name }) => name === BIAS)?.[part] ?? null
  return bias === null ? text : `${text} · ${worded("bias\u00a0only\u00a0{rmse}", { rmse: error(bias) })}`
}

/** @param {Standing} at */
export function errors(at) {
  const where = at.single ? worded("in one pass") : epochOf(at)
  if (at.status === "failed") return `${where}, ${worded("failed")}`
  const parts = [where]
  if (at.train !== null) parts.push(training(at.train))
  if (at.validation !== null) parts.push(validation(at.validation))
  if (at.train === null) parts.push(worded("objective {loss}", { loss: number(at.loss) }))
  return parts.join(", ")
}

/** @param {number} rmse */
const training = (rmse) => worded("training RMSE {rmse}", { rmse: error(rmse) })
/** @param {number} rmse */
const validation = (rmse) => worded("validation RMSE {rmse}", { rmse: error(rmse) })

// What the teacher says of a run, of the texts it was sent; `words` are those of every run.
/**
 * @typedef {Pick<Run, "message" | "before" | "said" | "after">} Told
 * @typedef {{ words: Record<"beginning" | "paused" | "rewinding", Sentence> }} Words
 * @type {(at: Standing, texts: Told & Words) => string}
 */
export function narrated(at, { message, before, said, after, words }) {
  if (at.status === "failed") return message ? sentence(message) : ""
  if (at.rewinding) return sentence(words.rewinding)
  const rests = !at.playing && (at.shown === at.trained || at.shown === at.best)
  if (after && at.status === "finished" && rests) return sentence(after)
  if (at.single || (at.shown === 0 && !at.playing)) return before ? sentence(before) : ""
  if (at.shown === 0) return sentence(words.beginning)
  let here = words.beginning
  for (const { epoch, text } of said) {
    if (epoch > at.shown) break
    here = text
  }
  if (at.playing || at.status === "training") return sentence(here)
  return `${sentence(words.paused)} ${sentence(here)}`
}
