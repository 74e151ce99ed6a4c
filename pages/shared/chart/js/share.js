// @ts-check
// Copy link: the address of this page says what is looked at.
//
// The clipboard is not there on plain http; then the link stands in a field, selected, to be copied
// by hand.

import { child } from "./elements.js"
import { speak } from "./language.js"
import { worded } from "./sentences.js"
import "./style.js"

/** @import { Component } from "./types.js" */

/** In which language each place was drawn. @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap()

/** @param {Component<{ locked: boolean, language: string }>} component */
export function render({ parentElement, data }) {
  speak(data.language)
  if (shown.get(parentElement) !== data.language) draw(parentElement, data.language)
  child(parentElement, "button").disabled = data.locked
}

/** @type {(parentElement: HTMLElement, language: string) => void} */
function draw(parentElement, language) {
  shown.set(parentElement, language)
  parentElement.replaceChildren()
  const box = parentElement.appendChild(document.createElement("div"))
  box.className = "fs-share"
  box.innerHTML = `
    <input readonly hidden aria-label="${worded("Link to what is shown")}">
    <button type="button"><span></span></button>`
  const [field, button] = [child(box, "input"), child(box, "button")]
  const say = (/** @type {string} */ text) => (child(button, "span").textContent = text)
  say(worded("Copy link"))
  button.onclick = async () => {
    field.value = window.location.href
    field.hidden = false
    field.focus()
    field.select()
    say((await copy(field.value)) ? worded("Copied") : worded("Press Ctrl+C"))
  }
  field.onblur = () => {
    field.hidden = true
    say(worded("Copy link"))
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
