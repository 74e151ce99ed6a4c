// @ts-check
// Which epoch is shown: a moment resolved, and where playback has come to.
//
// The same as recsys_core/runs/playback.py says; one table of cases tests both.

/** @import { Moment, Speed } from "./types.js" */

// The epoch that a moment means for a run that is trained so far.
/** @type {(moment: Moment, trained: number, finished: boolean, best: number | null) => number} */
export function resolve(moment, trained, finished, best) {
  if (moment === null) return 0
  if (moment === "best" && finished && best !== null) return best
  return typeof moment === "string" ? trained : Math.min(moment, trained)
}

// Where playback is that began at an epoch some seconds ago, fractions included.
/** @type {(start: number, seconds: number, speed: Speed, trained: number) => number} */
export function played(start, seconds, speed, trained) {
  if (speed === "max") return trained
  return Math.min(start + Math.max(seconds, 0) * speed, Math.max(trained, start))
}

// Whether playback has come to the end of a run that is trained.
/** @type {(position: number, trained: number, finished: boolean) => boolean} */
export function ended(position, trained, finished) {
  return finished && position >= trained
}
