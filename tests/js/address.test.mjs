// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { history, visited } from "./window.mjs"
import { write } from "../../pages/shared/chart/js/address.js"

const { pushState } = window.history // as address.js has it

/** The page “train” says what it shows, of which it was asked for `asked`. */
/** @type {(query: string, steps: number, asked?: string) => void} */
const train = (query, steps, asked = "") => write("train", query, steps, asked)

/** A fresh tab. @param {string} address */
function open(address) {
  visited.entries = [`http://localhost:8501/${address}`]
  visited.at = 0
  write("elsewhere", "", 0, "") // whatever was written before was of another page
}

const addresses = () => visited.entries.map((entry) => entry.replace("http://localhost:8501/", ""))

test("a choice is a step of the history, all else changes the one there is", () => {
  open("train")
  train("d=party", 0)
  assert.deepEqual(addresses(), ["train?d=party"])
  train("d=party&u=3", 1)
  assert.deepEqual(addresses(), ["train?d=party", "train?d=party&u=3"])
  train("d=party&u=3&e=9", 1) // training went on
  assert.deepEqual(addresses(), ["train?d=party", "train?d=party&u=3&e=9"])
  train("u=3&d=party&e=9", 2) // a choice that changes nothing to be seen in the address
  assert.equal(visited.entries.length, 2, "the order of the keys does not matter")
})

test("the first that another page says changes its entry, however many choices were made", () => {
  open("train")
  train("d=party", 5)
  history.pushState({}, "", "http://localhost:8501/explore")
  write("explore", "d=party&u=1", 7, "")
  assert.deepEqual(addresses(), ["train?d=party", "explore?d=party&u=1"])
})

test("how the page is embedded, and the place on it, stay", () => {
  open("train?embed=true&embed_options=dark_theme#curves")
  train("d=party", 0)
  const [address] = addresses()
  assert.equal(address, "train?d=party&embed=true&embed_options=dark_theme#curves")
  train("d=party", 1)
  assert.deepEqual(addresses(), [address], "it says that already")
})

test("where Back has led is not written over until the page answers to it", () => {
  open("train")
  train("u=1", 0)
  train("u=2", 1)
  train("u=3", 2)
  history.back()
  train("u=3&e=5", 2, "u=3") // of before, on its way
  assert.deepEqual(addresses(), ["train?u=1", "train?u=2", "train?u=3"])
  train("u=2&e=5", 2, "u=2")
  assert.deepEqual(addresses(), ["train?u=1", "train?u=2&e=5", "train?u=3"])
  train("u=7", 3, "u=2")
  assert.deepEqual(addresses(), ["train?u=1", "train?u=2&e=5", "train?u=7"], "and on from here")
})

test("that Streamlit empties the query is no step, that it goes to another page is one", () => {
  open("train")
  train("u=1", 0)
  for (const same of ["/train", "?", "", undefined, null]) pushState({}, "", same)
  assert.deepEqual(addresses(), ["train?u=1"])
  pushState({}, "", "/explore")
  assert.deepEqual(addresses(), ["train?u=1", "explore"])
})
