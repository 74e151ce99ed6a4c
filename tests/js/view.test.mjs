// @ts-check
import assert from "node:assert/strict"
import test, { beforeEach } from "node:test"

import { FakeElement, app, fire, history, pass, sockets, visited } from "./window.mjs"
import * as store from "../../pages/shared/chart/js/store.js"
import { render } from "../../pages/shared/chart/js/view.js"

/** @type {any[]} */
const told = []
let pages = 0

/** A page has been drawn. @param {string} page */
function drawn(page, session = `session ${pages}`) {
  /** @type {any} */
  const component = {
    data: {
      view: {
        session, version: 1, elapsed: 0, seen: 0, moment: 0, playing: false, speed: "max",
        user: null, item: null, locked: [], trained: 0, status: "paused",
      },
      live: { address: "/live", ticket: "a ticket", main: "a", streams: ["a"] },
      page, query: "u=1", steps: 0, asked: "",
    },
    setTriggerValue: (/** @type {string} */ name, /** @type {object} */ value) =>
      told.push({ [name]: value }),
  }
  render(component)
}

/** A click on the link to a page. @param {string} href */
function follow(href) {
  const link = new FakeElement()
  link.setAttribute("href", href)
  fire("click", { target: link })
}

/** What the page was told since the last look: the users that were chosen. */
const users = () => told.splice(0).map(({ change }) => change.user)

beforeEach(() => {
  app.dataset.testScriptState = "notRunning"
  pages += 1
  drawn("train")
  pass(6000)
  drawn("train")
  told.length = 0
})

test("a page says what is looked at, what is watched, and its address", () => {
  assert.deepEqual([store.view.main, store.view.moment, store.view.status], ["a", 0, "paused"])
  assert.equal(sockets[0].address, "ws://localhost:8501/live")
  assert.equal(visited.entries[visited.at], "http://localhost:8501/?u=1")
})

test("the page is told what was chosen, and of which run", () => {
  store.change({ user: 3 })
  pass(0)
  const [{ change }] = told.splice(0)
  assert.deepEqual({ user: change.user, main: change.main }, { user: 3, main: "a" })
})

test("while a script runs the page is told nothing, unless something is pressed", () => {
  for (const state of ["running", "rerunRequested"]) {
    app.dataset.testScriptState = state
    store.change({ user: 4 })
    pass(3000)
    store.change({ user: 5 })
    pass(3000)
    assert.deepEqual(users(), [])
    fire("pointerdown")
    assert.deepEqual(users(), [5], "the last one holds those before")
    app.dataset.testScriptState = "notRunning"
    pass(1000)
    assert.deepEqual(users(), [])
  }
})

test("on the way to another page nothing is told till that is there", () => {
  follow("/explore?u=1")
  store.change({ user: 6 })
  pass(3000)
  fire("pointerdown")
  assert.deepEqual(users(), [], "not even where something is pressed")
  drawn("explore")
  pass(50)
  assert.deepEqual(users(), [6])
})

test("a page that does not come, perhaps opened in another tab, is not waited for for ever", () => {
  follow("/explore")
  store.change({ user: 7 })
  pass(4900)
  assert.deepEqual(users(), [])
  pass(200)
  assert.deepEqual(users(), [7])
})

test("who chooses a second page on the way has that waited for as long", () => {
  follow("/explore")
  pass(4000)
  follow("/compare")
  store.change({ user: 8 })
  pass(3000)
  assert.deepEqual(users(), [], "the first is over five seconds ago")
  drawn("compare")
  pass(50)
  assert.deepEqual(users(), [8])
})

test("who turns round on the way is heard once the old page is drawn again", () => {
  follow("/explore")
  follow("/train")
  store.change({ user: 9 })
  pass(200)
  assert.deepEqual(users(), [])
  drawn("train")
  pass(50)
  assert.deepEqual(users(), [9])
})

test("a link to the page one is on, and a click on nothing, lead nowhere", () => {
  follow("/train?u=2")
  fire("click", { target: new FakeElement() })
  fire("click", { target: null })
  store.change({ user: 10 })
  pass(0)
  assert.deepEqual(users(), [10])
})

test("Back leads to another page, too", () => {
  history.pushState({}, "", "/explore")
  drawn("explore")
  history.pushState({}, "", "/train")
  drawn("train")
  history.back()
  store.change({ user: 11 })
  pass(1000)
  assert.deepEqual(users(), [])
  drawn("explore")
  pass(50)
  assert.deepEqual(users(), [11])
})
