// @ts-check
// Typeset formulas whose signs say what they stand for, under the mouse and with the keyboard.
//
// Only the first of each sign is reached with Tab: a formula holds many. All of the same kind light up.

import "./style.js"

/** @import { Component } from "./types.js" */
/**
 * @typedef {{
 *   formulas: { said: string, math: string }[], signs: Record<string, string>, how: string,
 * }} Data
 */

/** @param {Component<Data>} component */
export function render({ parentElement, data }) {
  const sign = JSON.stringify(data)
  if (parentElement.dataset.fsFormulas === sign) return // a rerun changed nothing here
  parentElement.dataset.fsFormulas = sign
  parentElement.querySelector(".fs-formulas")?.remove()
  const box = document.createElement("div")
  box.className = "fs-formulas"
  const meaning = document.createElement("p")
  meaning.className = "fs-meaning"
  meaning.setAttribute("role", "status")
  meaning.textContent = data.how
  for (const { said, math } of data.formulas) {
    const words = document.createElement("p")
    words.textContent = said
    const formula = document.createElement("div")
    formula.className = "fs-formula"
    formula.innerHTML = math // made by mathml.py from formulas of ours alone
    box.append(words, formula)
  }
  box.append(meaning)
  parentElement.append(box)
  /** @type {Set<string>} */
  const met = new Set()
  for (const node of signsIn(box)) {
    const name = node.dataset.sign ?? ""
    if (!met.has(name)) node.setAttribute("tabindex", "0")
    met.add(name)
  }
  const show = (/** @type {Event} */ { target }) => {
    const node = /** @type {Element} */ (target).closest("[data-sign]")
    if (node) explain(box, meaning, data, /** @type {HTMLElement} */ (node).dataset.sign ?? null)
  }
  const rest = () => {
    const focused = box.querySelector("[data-sign]:focus")
    const name = /** @type {HTMLElement | null} */ (focused)?.dataset.sign ?? null
    explain(box, meaning, data, name)
  }
  box.addEventListener("pointerover", show)
  box.addEventListener("focusin", show)
  box.addEventListener("pointerleave", rest)
  box.addEventListener("focusout", () => explain(box, meaning, data, null))
}

/** @type {(box: Element) => HTMLElement[]} */
function signsIn(box) {
  return /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-sign]")])
}

// Say what a sign stands for, and light all of its kind; null: how to ask.
/** @type {(box: Element, meaning: Element, data: Data, name: string | null) => void} */
function explain(box, meaning, { signs, how }, name) {
  for (const node of signsIn(box)) node.classList.toggle("fs-lit", node.dataset.sign === name)
  meaning.textContent = name === null ? how : signs[name]
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  parentElement.querySelector(".fs-formulas")?.remove()
  delete parentElement.dataset.fsFormulas
}
