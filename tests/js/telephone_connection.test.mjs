// @ts-check
// What waits is sent again until it is taken; what is new is asked for until there is an end.
import assert from "node:assert/strict"
import test from "node:test"

import { Listener, pause, Sender } from "../../pages/routes/telephone/connection.js"
import { Queue, sturdy } from "../../pages/routes/telephone/queue.js"

/** @import { Answer, Reply } from "../../pages/routes/telephone/types.js" */

/** Have all that was promised come. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A clock: what is to be done later, in its order. */
function clock() {
  /** @type {{ run: () => void, milliseconds: number }[]} */
  const due = []
  return {
    due,
    later: (/** @type {() => void} */ run, /** @type {number} */ milliseconds) => void due.push({ run, milliseconds }),
    async next() {
      due.shift()?.run()
      await settle()
    },
  }
}

/** A sender over a network that the test switches. @param {(answers: Answer[]) => Reply} server */
function sending(server) {
  const queue = new Queue(sturdy(null), "q")
  const { due, later, next } = clock()
  const network = { there: true, messages: 0 }
  /** @type {string[]} */
  const said = []
  const sender = new Sender(
    queue,
    async (answers) => {
      network.messages++
      if (!network.there) throw new TypeError("Failed to fetch")
      return server(answers)
    },
    ({ doing, sentence }) => said.push(sentence || doing),
    later,
  )
  return { queue, sender, network, said, due, next }
}

/** @param {Answer[]} answers @returns {Reply} */
const taking = (answers) => ({ status: 200, body: { acknowledged: answers, version: 1 } })

test("without a network answers wait, and go by themselves once there is one", async () => {
  const { queue, sender, network, said, due, next } = sending(taking)
  network.there = false
  queue.answer(0, 3)
  await sender.flush()
  assert.deepEqual(said, ["sending", "waiting"])
  queue.answer(1, 5)
  await next()
  assert.equal(queue.unsent().length, 2)
  network.there = true
  await next()
  assert.deepEqual([queue.unsent(), said.at(-1), due.length], [[], "saved", 0])
})

test("what is answered while a message is under way goes with the next", async () => {
  /** @type {Answer[][]} */
  const messages = []
  const { queue, sender } = sending((answers) => {
    messages.push(answers)
    if (messages.length === 1) queue.answer(0, 1) // changed meanwhile
    return taking(answers)
  })
  queue.answer(0, 4)
  await sender.flush()
  await settle()
  assert.deepEqual(messages, [[{ item: 0, value: 4, seq: 1 }], [{ item: 0, value: 1, seq: 2 }]])
  assert.deepEqual(queue.unsent(), [])
})

test("a server that refuses says why, keeps nothing busy, and loses nothing", async () => {
  const { queue, sender, said, due, network } = sending(() => ({ status: 409, body: { sentence: "The ratings are locked." } }))
  queue.answer(0, 4)
  await sender.flush()
  assert.deepEqual([said.at(-1), due.length, queue.unsent().length], ["The ratings are locked.", 0, 1])
  assert.equal(network.messages, 1)
})

test("a server that answers and takes nothing is not asked without a pause", async () => {
  const { queue, sender, network, due } = sending(() => ({ status: 200, body: { acknowledged: [] } }))
  queue.answer(0, 4)
  await sender.flush()
  await settle()
  assert.deepEqual([network.messages, due.length], [1, 1])
})

test("pauses grow, end at some seconds, and are as long as a busy server says", () => {
  const seconds = [1, 2, 3, 4, 5, 50].map((failures) => pause(failures, undefined, 0) / 1000)
  assert.deepEqual(seconds, [1, 2, 4, 8, 10, 10])
  assert.equal(pause(1, { status: 429, body: { retry_after: 30 } }, 0), 30_000)
  assert.equal(pause(1, undefined, 1), 1500)
})

test("a listener asks on after losses, and stops where it is told to", async () => {
  const { due, later, next } = clock()
  /** @type {(Reply | null)[]} */
  const replies = [
    { status: 200, body: { version: 1 } }, null, { status: 503, body: {} },
    { status: 200, body: { version: 2 } }, { status: 401, body: {} },
  ]
  /** @type {unknown[]} */
  const heard = []
  const listener = new Listener(
    async () => {
      const reply = replies.shift()
      if (!reply) throw new TypeError("Failed to fetch")
      return reply
    },
    ({ status, body }) => {
      heard.push(body.version ?? status)
      return status === 401 ? null : 5
    },
    () => heard.push("lost"),
    later,
  )
  await listener.start()
  while (due.length) await next()
  assert.deepEqual(heard, [1, "lost", "lost", 2, 401])
  assert.deepEqual(replies, [])
})

test("an answer to an older question is not taken", async () => {
  const { later } = clock()
  /** @type {((reply: Reply) => void)[]} */
  const open = []
  /** @type {unknown[]} */
  const heard = []
  const listener = new Listener(
    () => new Promise((resolve) => open.push(resolve)),
    ({ body }) => (heard.push(body), null),
    () => heard.push("lost"),
    later,
  )
  void listener.start()
  void listener.start() // the telephone woke up
  open[1]({ status: 200, body: "new" })
  open[0]({ status: 200, body: "old" })
  await settle()
  assert.deepEqual(heard, ["new"])
})
