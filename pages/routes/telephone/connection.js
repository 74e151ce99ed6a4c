// @ts-check
// Asking the server again and again: what is new of the room, and whether it takes what waits.
//
// Both go on by themselves after whatever happens to the network, with pauses that grow.

/** @import { Reply } from "./types.js" */
/** @import { Queue } from "./queue.js" */

/** @typedef {(run: () => void, milliseconds: number) => void} Later */

// Answers in one message at most.
const MOST = 50

// Milliseconds before the next attempt: 1, 2, 4, 8, 10 s, and up to half of that more, so that a
// class does not come back in one moment. A server that says how long to wait is obeyed.
/** @type {(failures: number, reply?: Reply, chance?: number) => number} */
export function pause(failures, reply, chance = Math.random()) {
  const asked = Number(reply?.body?.retry_after)
  if (asked > 0) return Math.min(asked, 120) * 1000 + 500 * chance
  return Math.min(1000 * 2 ** Math.max(failures - 1, 0), 10_000) * (1 + chance / 2)
}

// What the server said does not pass by itself: to try again at once would change nothing.
/** @param {number} status */
const isFinal = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429

/** @typedef {"saved" | "sending" | "waiting" | "refused"} Sending */

// Sends what waits in a queue, one message at a time.
export class Sender {
  #busy = false
  #failures = 0
  #turn = 0 // of the attempt that is due
  /** @type {Sending} */
  doing = "saved"
  sentence = "" // why the server refused

  /**
   * @param {Queue} queue
   * @param {(answers: import("./types.js").Answer[]) => Promise<Reply>} put
   * @param {(sender: Sender, reply?: Reply) => void} changed
   * @param {Later} later
   */
  constructor(queue, put, changed, later) {
    this.queue = queue
    this.put = put
    this.changed = changed
    this.later = later
  }

  /** @type {(doing: Sending, reply?: Reply) => void} */
  #is(doing, reply) {
    this.doing = doing
    this.sentence = doing === "refused" ? String(reply?.body?.sentence ?? "") : ""
    this.changed(this, reply)
  }

  // Send now, also in the midst of a pause: there is a network again, or a new answer.
  async flush() {
    if (this.#busy) return
    this.#turn++
    const answers = this.queue.unsent().slice(0, MOST)
    if (!answers.length) {
      if (this.doing !== "saved") this.#is("saved")
      return
    }
    this.#busy = true
    if (this.doing !== "waiting") this.#is("sending")
    /** @type {Reply | undefined} */
    let reply
    try {
      reply = await this.put(answers)
    } catch {
      // no network, or no server
    }
    this.#busy = false
    const taken = reply !== undefined && reply.status < 300
    if (taken) this.queue.acknowledged(reply?.body?.acknowledged ?? [], reply?.body?.version ?? 0)
    const left = this.queue.unsent()
    const same = (/** @type {{ item: number, seq: number }} */ each) =>
      left.some(({ item, seq }) => item === each.item && seq === each.seq)
    if (taken && !answers.every(same)) {
      this.#failures = 0
      if (left.length) void this.flush()
      else this.#is("saved", reply)
    } else if (reply && isFinal(reply.status)) {
      this.#is("refused", reply)
    } else {
      this.#failures++
      this.#is("waiting", reply)
      const mine = this.#turn
      this.later(() => mine === this.#turn && void this.flush(), pause(this.#failures, reply))
    }
  }
}

// Hears what is new: asks, is answered when there is something, asks again.
export class Listener {
  #turn = 0
  #failures = 0

  /**
   * @param {() => Promise<Reply>} ask
   * @param {(reply: Reply) => number | null} take milliseconds until it asks again; null: no more
   * @param {(reply?: Reply) => void} lost
   * @param {Later} later
   */
  constructor(ask, take, lost, later) {
    this.ask = ask
    this.take = take
    this.lost = lost
    this.later = later
  }

  // Ask now; what was asked before is not waited for any more.
  async start() {
    const mine = ++this.#turn
    /** @type {Reply | undefined} */
    let reply
    try {
      reply = await this.ask()
    } catch {
      // no network, or no server
    }
    if (mine !== this.#turn) return
    /** @type {number | null} */
    let next
    if (reply && (reply.status < 300 || isFinal(reply.status))) {
      this.#failures = 0
      next = this.take(reply)
    } else {
      this.#failures++
      this.lost(reply)
      next = pause(this.#failures, reply)
    }
    if (next !== null) this.later(() => mine === this.#turn && void this.start(), next)
  }

  stop() {
    this.#turn++
  }
}
