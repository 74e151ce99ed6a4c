// @ts-check
import assert from "node:assert/strict"
import test, { beforeEach } from "node:test"

import "./window.mjs"
import {
  add, lettersOn, meaning, MOST, move, parts, position, remove, slides, step, switchLetters,
} from "../../pages/shared/chart/js/slides.js"

/** @type {Map<string, string>} */
const kept = new Map()
Object.defineProperty(globalThis, "localStorage", {
  value: {
    getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ text) => kept.set(name, text),
  },
})
beforeEach(() => kept.clear())

const slide = (/** @type {string} */ name) => ({ path: "/train", query: `?k=${name}`, part: "", title: name })
const titles = () => slides().map(({ title }) => title).join("")

test("views are added, ordered and removed, and the same one is not added twice in a row", () => {
  for (const name of "abc") assert.ok(add(slide(name)))
  assert.equal(add(slide("c")), false)
  assert.equal(move(2, -1), 1)
  assert.equal(titles(), "acb")
  assert.equal(move(0, -1), 0)
  remove(1)
  assert.equal(titles(), "ab")
})

test("what is kept and cannot be understood is left out; no path leads elsewhere", () => {
  kept.set("factorscope.presentation", "no JSON")
  assert.deepEqual(slides(), [])
  const bad = ["//evil.example/x", "https://evil.example", "javascript:alert(1)", 3]
  const list = [...bad.map((path) => ({ ...slide("x"), path })), slide("y"), null]
  kept.set("factorscope.presentation", JSON.stringify(list))
  assert.equal(titles(), "y")
})

test("there is an end to it", () => {
  for (let i = 0; i < MOST + 5; i++) add(slide(`${i}`))
  assert.equal(slides().length, MOST)
})

test("first come the parts of the page, then the views chosen, and it stays at either end", () => {
  let at = /** @type {any} */ ({ slide: null, part: 0 })
  const way = []
  for (let i = 0; i < 5; i++) {
    way.push(position(at, 2, 2))
    at = step(at, 1, 2, 2)
  }
  assert.deepEqual(way, ["1 / 2", "2 / 2", "1 / 2", "2 / 2", "2 / 2"])
  assert.deepEqual(at, { slide: 1, part: 0 })
  assert.deepEqual(step({ slide: null, part: 0 }, -1, 2, 2), { slide: null, part: 0 })
  assert.deepEqual(step({ slide: null, part: 1 }, 1, 2, 0), { slide: null, part: 1 })
})

test("a part is a piece with its texts: headings above it, the rest below", () => {
  const block = (/** @type {string} */ text) => {
    const kind = { h: "heading", t: "text", p: "piece", "|": "edge" }[text[0]]
    return /** @type {any} */ ({ kind, element: kind === "edge" ? null : text, name: text })
  }
  const of = (/** @type {string} */ text) =>
    parts(text.split(" ").map(block)).map(({ elements }) => elements.join(" "))
  assert.deepEqual(of("t1 p1 t2 h1 t3 p2 t4"), ["t1 p1 t2", "h1 t3 p2 t4"])
  assert.deepEqual(of("t1 p1 | h1 p2 t2 |"), ["t1 p1", "h1 p2 t2"])
  assert.deepEqual(of("p1 h1 t1 | p2"), ["p1 h1 t1", "p2"]) // what a column ends with stays in it
  assert.deepEqual(of("p1 h1"), ["p1"]) // a heading of what is not shown
  assert.deepEqual(of("h1 t1"), ["h1 t1"])
})

const nowhere = { writes: false, moves: false }
const press = (/** @type {string} */ key, more = {}) => ({ key, ...more })

test("p starts and leaves, but not where one writes, with other keys, or switched off", () => {
  const how = { presenting: false, letters: true }
  assert.equal(meaning(press("p"), nowhere, how), "toggle")
  assert.equal(meaning(press("P"), nowhere, { ...how, presenting: true }), "toggle")
  assert.equal(meaning(press("p"), { writes: true, moves: false }, how), null)
  for (const more of ["ctrlKey", "metaKey", "altKey", "defaultPrevented", "isComposing", "repeat"]) {
    assert.equal(meaning(press("p", { [more]: true }), nowhere, how), null, more)
  }
  switchLetters(false)
  assert.equal(lettersOn(), false)
  assert.equal(meaning(press("p"), nowhere, { ...how, letters: lettersOn() }), null)
  assert.equal(meaning(press("a"), nowhere, { presenting: true, letters: lettersOn() }), null)
})

test("arrows go on only while one presents, and Escape leaves from anywhere", () => {
  const on = { presenting: true, letters: false }
  assert.equal(meaning(press("ArrowRight"), nowhere, { ...on, presenting: false }), null)
  assert.equal(meaning(press("ArrowRight"), nowhere, on), "next")
  assert.equal(meaning(press("PageUp"), nowhere, on), "before")
  assert.equal(meaning(press("ArrowRight"), { writes: false, moves: true }, on), null)
  assert.equal(meaning(press("Escape"), { writes: true, moves: true }, on), "leave")
  assert.equal(meaning(press("Escape", { defaultPrevented: true }), nowhere, on), null)
})
