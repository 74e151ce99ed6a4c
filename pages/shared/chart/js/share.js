// @ts-check
// Copy link: the address of this page says what is looked at.
//
// The clipboard is not there on plain http; then the link stands in a field, selected, to be copied
// by hand.

import { child } from "./elements.js"
import "./style.js"

const SAYS = { still: "Copy link", copied: "Copied", byHand: "Press Ctrl+C" }

/** @import { Component } from "./types.js" */

/** @type {WeakSet<HTMLElement>} */
const shown = new WeakSet()

/** @param {Component<{ locked: boolean }>} component */
export function render({ parentElement, data }) {
  if (!shown.has(parentElement)) draw(parentElement)
  child(parentElement, "button").disabled = data.locked
}

/** @param {HTMLElement} parentElement */
function draw(parentElement) {
  shown.add(parentElement)
  const box = parentElement.appendChild(document.createElement("div"))
  box.className = "fs-share"
  box.innerHTML = `
    <input readonly hidden aria-label="Link to what is shown">
    <button type="button"><span></span></button>`
  const [field, button] = [child(box, "input"), child(box, "button")]
  const say = (/** @type {string} */ text) => (child(button, "span").textContent = text)
  say(SAYS.still)
  button.onclick = async () => {
    field.value = window.location.href
    field.hidden = false
    field.focus()
    field.select()
    say((await copy(field.value)) ? SAYS.copied : SAYS.byHand)
  }
  field.onblur = () => {
    field.hidden = true
    say(SAYS.still)
  }
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  shown.delete(parentElement)
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return document.execCommand("copy")
  }
}
