// @ts-check
// Messages and views as the server and the page would send them, for the tests.

/** @import { RunNews, Tick } from "../../pages/shared/chart/js/messages.js" */
/** @import { Seen } from "../../pages/shared/chart/js/types.js" */

/** Numbers as they travel: base64 of little-endian 16-bit integers. @param {number[]} numbers */
export function packed(...numbers) {
  return btoa(String.fromCharCode(...new Uint8Array(Int16Array.from(numbers).buffer)))
}

/** The news of a run that is trained so far: its training error at epoch e is 1 / (1 + e). */
/** @type {(epochs: number, more?: Partial<RunNews>) => RunNews} */
export function trainedTo(epochs, more = {}) {
  const loss = Array.from({ length: epochs + 1 }, (_, epoch) => 1 / (1 + epoch))
  return { from: 0, loss, train: loss, status: "finished", n_epochs: 100, ...more }
}

/** @type {(runs: Record<string, RunNews>) => Tick} */
export const tick = (runs) => ({ kind: "tick", v: 2, runs, race: null, measured: 0 })

/** What a page says that looks at run “a”. @type {(fields?: Partial<Seen>) => Seen} */
export function looking(fields = {}) {
  return {
    session: "a page", version: 1, elapsed: 0, seen: 0, main: "a", moment: null, playing: false,
    speed: "max", user: null, item: null, locked: [], status: "finished", ...fields,
  }
}
