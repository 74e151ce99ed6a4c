// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { FakeElement, pass } from "./window.mjs"
import { looking, tick, trainedTo } from "./news.mjs"
import * as store from "../../pages/shared/chart/js/store.js"
import { remove, render } from "../../pages/shared/chart/js/timeline.js"

/** @type {any[]} */
const told = []
store.onChange((change) => told.push(change))

const parent = new FakeElement()
/** @type {any} */
const component = { parentElement: parent, data: { locked: false } }
render(component)
const [box] = parent.children
/** @type {any[]} */
const [input, output, button] = ["input", "output", "button"].map((tag) => box.querySelector(tag))

let pages = 0

/** The slider of a page that is drawn for the first time. */
/** @type {(run: ReturnType<typeof trainedTo>, fields?: Parameters<typeof looking>[0]) => void} */
function page(run, fields = {}) {
  store.take(tick({ a: run }))
  store.see(looking({ session: `page ${++pages}`, status: run.status, ...fields }))
  pass(3000)
  told.length = 0
}

test("it shows where the run is, on the way to where training ends", () => {
  page(trainedTo(40, { best: 30 }), { moment: 25 })
  assert.deepEqual([input.max, input.value, output.textContent], ["100", "25", "epoch 25"])
  assert.deepEqual(box.style.properties, { "--shown": "25%", "--trained": "40%" })
  assert.deepEqual([box.dataset.shown, box.dataset.latest], [25, 40])
  assert.equal(input.attributes["aria-valuetext"], "epoch 25 of 40")
})

test("the button leads to the best epoch of a finished run, else to the latest", () => {
  page(trainedTo(40, { best: 30 }), { moment: 25 })
  assert.deepEqual([button.textContent, button.hidden], ["best", false])
  button.onclick()
  pass(1000)
  assert.deepEqual([store.epoch(), button.hidden], [30, true])
  assert.deepEqual(told, [{ sequence: told[0].sequence, moment: "best", playing: false }])
  page(trainedTo(40, { best: 30, status: "paused" }), { moment: 25 })
  assert.equal(button.textContent, "latest")
  button.onclick()
  pass(1000)
  assert.deepEqual([store.epoch(), button.hidden], [40, true])
})

test("while it plays there is no such button", () => {
  const frames = [{ epoch: 90, matrix: "" }]
  page(trainedTo(90, { frames }), { moment: 2, playing: true, speed: 1 })
  assert.equal(button.hidden, true)
})

test("a hand is shown at once, no further than is trained, and told once it rests", () => {
  page(trainedTo(40), { moment: 25, playing: true, speed: 1 })
  for (const value of ["10", "30", "77"]) {
    input.value = value
    input.oninput()
    pass(150)
    assert.equal(store.epoch(), Math.min(Number(value), 40))
  }
  assert.equal(told.length, 0)
  pass(50)
  assert.deepEqual(told.map(({ sequence, ...fields }) => fields), [{ moment: 40, playing: false }])
})

test("it is locked with its part", () => {
  render({ ...component, data: { locked: true } })
  assert.deepEqual([input.disabled, button.disabled, parent.children.length], [true, true, 1])
  render(component)
  assert.deepEqual([input.disabled, button.disabled], [false, false])
})

test("it says nothing of a run of which no epoch is known, and begins at its first", () => {
  page(trainedTo(7), { moment: 7 })
  store.take(tick({ new: { from: 0, loss: [], status: "paused", n_epochs: 60 } }))
  store.see(looking({ session: `page ${++pages}`, main: "new", status: "paused" }))
  pass(1000)
  assert.equal(output.textContent, "epoch 7")
  input.value = "3"
  input.oninput()
  assert.equal(store.view.moment, 0)
})

test("a slider that is gone draws no more", () => {
  page(trainedTo(7), { moment: 3 })
  remove(component)
  store.change({ moment: 5 })
  pass(1000)
  assert.deepEqual([store.epoch(), output.textContent], [5, "epoch 3"])
})
