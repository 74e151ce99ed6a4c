// @ts-check
// What a panel works with, sent ahead by itself (ahead.py): it comes once, since it is large and no
// slider of the panel changes it.

/** @import { Component } from "./types.js" */

/** @type {{ token: string } | null} */
let held = null
/** @type {HTMLElement | null} */
let holder = null

/** @type {Set<() => void>} */
const listening = new Set()

// What was sent under this token; null while it has not come.
/** @type {(token: string) => any} */
export function sentAhead(token) {
  return held?.token === token ? held : null
}

// Hear that something else has come; returns how to hear no more.
/** @type {(listener: () => void) => () => void} */
export function listen(listener) {
  listening.add(listener)
  return () => {
    listening.delete(listener)
  }
}

/** @param {Component<{ token: string }>} component */
export function render({ parentElement, data }) {
  holder = parentElement
  if (held?.token === data.token) return
  held = data
  for (const listener of [...listening]) listener()
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  if (holder === parentElement) held = holder = null
}
