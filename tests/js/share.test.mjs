// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { FakeElement, settle, visited } from "./window.mjs"
import { remove, render } from "../../pages/shared/chart/js/share.js"

/** The button as a page draws it; `clipboard` is the browser's, if it has one. */
/** @param {{ writeText(text: string): Promise<void> }} [clipboard] */
function drawn(clipboard) {
  Object.defineProperty(globalThis, "navigator", { value: { clipboard }, configurable: true })
  const parent = new FakeElement()
  /** @type {any} */
  const component = { parentElement: parent, data: { language: "en", locked: false } }
  render(component)
  /** @type {any[]} */
  const [field, button] = [parent.querySelector("input"), parent.querySelector("button")]
  return { component, parent, field, button, says: () => button.querySelector("span").textContent }
}

test("the address is copied and shown, until one turns to something else", async () => {
  visited.entries[visited.at] = "http://localhost:8501/train?u=1"
  /** @type {string[]} */
  const copied = []
  const { field, button, says } = drawn({ writeText: async (text) => void copied.push(text) })
  assert.equal(says(), "Copy link")
  await button.onclick()
  assert.deepEqual(copied, ["http://localhost:8501/train?u=1"])
  assert.deepEqual([field.value, says()], [copied[0], "Copied"])
  assert.equal(field.hidden, false)
  field.onblur()
  assert.deepEqual([field.hidden, says()], [true, "Copy link"])
})

test("without a clipboard, or where it is refused, one copies by hand or the old way", async () => {
  const refuses = { writeText: () => Promise.reject(new Error("no")) }
  for (const clipboard of [undefined, refuses]) {
    for (const works of [true, false]) {
      const { button, says } = drawn(clipboard)
      document.execCommand = () => works
      await button.onclick()
      await settle()
      assert.equal(says(), works ? "Copied" : "Press Ctrl+C")
    }
  }
})

test("drawn again it is the same button, locked where the page says so", () => {
  const { component, parent, button } = drawn()
  render({ ...component, data: { language: "en", locked: true } })
  assert.deepEqual([parent.children.length, button.disabled], [1, true])
  render(component)
  assert.equal(button.disabled, false)
  remove(component)
})
