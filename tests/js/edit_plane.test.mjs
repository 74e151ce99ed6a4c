// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { FakeElement, pass } from "./window.mjs"
import { render as sendAhead } from "../../pages/shared/chart/js/ahead.js"
import { announcer } from "../../pages/shared/chart/js/announcer.js"
import { dragged, placed, squareOf, stepped } from "../../pages/shared/chart/js/edit_plane.js"
import { remove, render } from "../../pages/shared/chart/js/edit_row.js"

/** @import { EditBlockSent, EditField, EditRow } from "../../pages/shared/chart/js/types.js" */

/** @type {(place: number, low: number, high: number, now: number) => EditField} */
const field = (place, low, high, now) =>
  ({ place, label: `factor ${place + 1}`, low, high, step: 0.1, start: now, now })

/** @type {[EditField, EditField]} */
const axes = [field(0, -2, 2, 1), field(2, -1, 1, 0.5)]

test("the square reaches as far as the farther slider, up is up, and both axes have one scale", () => {
  const square = squareOf(axes)
  assert.deepEqual(square, { low: -2, high: 2 })
  assert.deepEqual(placed(square, [-2, 2]), [0, 0])
  assert.deepEqual(placed(square, [0, -1]), [0.5, 0.75])
})

test("a drag moves both factors by the shares of the square, no farther than their sliders", () => {
  assert.deepEqual(dragged(axes, [1, 0.5], 0, 0), [1, 0.5])
  assert.deepEqual(dragged(axes, [1, 0.5], -0.25, 0.125), [0, 0]) // 4 units across; down is less
  assert.deepEqual(dragged(axes, [1, 0.5], 0.5, -0.5), [2, 1])
  const nonnegative = /** @type {typeof axes} */ ([field(0, 0, 2, 1), field(1, 0, 1, 1)])
  assert.deepEqual(dragged(nonnegative, [1, 1], -0.75, 1), [0, 0])
})

test("a drag and where it is drawn are the same: the point stays under the finger", () => {
  const square = squareOf(axes)
  /** @type {[number, number]} */
  const from = [-0.3, 0.4]
  const [left, top] = placed(square, from)
  const [right, down] = placed(square, dragged(axes, from, 0.11, -0.07))
  assert.ok(Math.abs(right - left - 0.11) < 1e-12 && Math.abs(down - top + 0.07) < 1e-12)
})

test("an arrow key goes a step of its slider, with Shift ten", () => {
  assert.deepEqual(stepped(axes, [1, 0.5], "ArrowRight", false), [1.1, 0.5])
  assert.deepEqual(stepped(axes, [1, 0.5], "ArrowDown", true), [1, -0.5])
  assert.deepEqual(stepped(axes, [1, 0.5], "ArrowUp", true), [1, 1])
})

// --- the point and the sliders --------------------------------------------------------------------

const packed = (/** @type {number[]} */ values) =>
  btoa(String.fromCharCode(...new Uint8Array(new Float32Array(values).buffer)))

/** @type {EditBlockSent} */
const block = {
  token: "row", name: "Ann", side: "user", lengths: [2, 2], heading: "first songs", ratings: "1 rating",
  fields: [...[1, 0, 0.5].map((now, f) => field(f, -2, 2, now)), { ...field(3, -1, 1, 0), label: "bias" }],
  words: { none: "{name}", trained: "{before}", up: "{after} up", down: "{after} down" }, notes: [],
  points: { user: packed([1, 0, 0.5, -1, 1, 0]), item: packed([0, 0, 0, 9, 9, 9]) },
  numbers: {
    mean: 3, ends: null, clip: [1, 5], row: [1, 0, 0.5, 0],
    open: { factors: packed([1, 0, 0, 0, 1, 0, 0, 0, 1]), biases: packed([0, 0, 0]), names: ["a", "b", "c"] },
    rated: { factors: packed([0.5, 0.5, 0.5]), biases: packed([0]), values: [5] },
    near: { factors: packed([2, 0, 0, 0, 3, 1]), biases: packed([0, 0]), names: ["Bob", "Cem"] },
  },
}

/** @type {EditRow} */
const untouched = {
  token: "row", seen: 0, moved: [], plane: [0, 2], locked: false,
  answer: { list: [], near: [], rmse: [0, 0] },
}

/** A panel as the page draws it, and what it tells. @param {Partial<EditRow>} data */
function panel(data = {}) {
  const parent = new FakeElement()
  /** @type {any[]} */
  const told = []
  const component = /** @type {any} */ ({
    parentElement: parent, data: { ...untouched, ...data },
    setTriggerValue: (/** @type {string} */ _name, /** @type {unknown} */ value) => told.push(value),
  })
  sendAhead(/** @type {any} */ ({ parentElement: parent, data: block }))
  render(component)
  /** @type {(name: string, from?: FakeElement) => any[]} */
  const all = (name, from = parent) =>
    from.children.flatMap((each) => [...(each.className.split(" ").includes(name) ? [each] : []), ...all(name, each)])
  const [square] = all("fs-edit-square")
  square.clientWidth = 400
  const sliders = all("fs-edit-fields")[0].children.map((/** @type {FakeElement} */ label) => label.children[2])
  return {
    told, sliders, plane: all("fs-edit-plane")[0], point: all("fs-edit-point")[0],
    says: () => ["fs-edit-says", "fs-edit-list", "fs-edit-near", "fs-edit-value"].flatMap((name) =>
      all(name).map((each) => textOf(each))),
    leave: () => remove(component),
  }
}

/** @type {(element: FakeElement) => string} */
const textOf = (element) => [element.textContent, ...element.children.map(textOf)].join(" ")

test("what follows a drag is what follows the same numbers on the sliders, and so is what is told", () => {
  const byHand = panel()
  byHand.point.onpointerdown({ button: 0, pointerId: 1, clientX: 300, clientY: 150 })
  byHand.point.onpointermove({ clientX: 240, clientY: 90 }) // 60 of 400 pixels are 0.6 of 4 units
  const following = byHand.says()
  byHand.point.onlostpointercapture()
  const typed = panel()
  assert.notDeepEqual(typed.says(), following)
  for (const [place, value] of [[0, "0.4"], [2, "1.1"]]) {
    typed.sliders[place].value = value
    typed.sliders[place].oninput()
  }
  assert.deepEqual(typed.says(), following)
  assert.ok(following[1].includes("1 c 4.10 3.50"), following[1]) // 3 + 1.1, before 3 + 0.5
  pass(1000) // they rest
  const moved = [[0, 0.4], [2, 1.1]]
  assert.deepEqual(byHand.told, [{ token: "row", number: 1, moved }])
  assert.deepEqual(typed.told, [{ token: "row", number: 2, moved }])
  typed.leave()
  byHand.leave()
})

test("arrow keys move the point, which is told once they rest; the numbers are announced", () => {
  const { point, told, says, leave } = panel()
  const event = {
    key: "ArrowUp", shiftKey: true, altKey: false, ctrlKey: false, metaKey: false, used: 0,
    preventDefault() { this.used += 1 }, stopPropagation() {},
  }
  point.onkeydown(event)
  point.onkeydown({ ...event, key: "Tab" })
  assert.equal(event.used, 1)
  assert.ok(says()[1].includes("1 c 4.50"))
  assert.deepEqual(told, [])
  pass(1000)
  assert.equal(announcer().textContent, "factor 1: 1.00, factor 3: 1.50")
  assert.deepEqual(told, [{ token: "row", number: 1, moved: [[2, 1.5]] }])
  leave()
})

test("what is locked cannot be dragged; where there is one factor there is no plane", () => {
  const locked = panel({ locked: true })
  locked.point.onpointerdown({ button: 0, pointerId: 1, clientX: 300, clientY: 150 })
  locked.point.onpointermove({ clientX: 240, clientY: 90 })
  locked.point.onkeydown({ key: "ArrowUp", preventDefault() {}, stopPropagation() {} })
  pass(1000)
  assert.deepEqual([locked.told, locked.point.tabIndex], [[], -1])
  assert.equal(locked.plane.hidden, false)
  locked.leave()
  const flat = panel({ plane: null })
  assert.equal(flat.plane.hidden, true)
  flat.leave()
})
