// @ts-check
// What the sliders of edited factors work with (edit_row.js): it comes by itself, once for each row
// that is edited, since it is large and no slider changes it.

import { floats, unpacked } from "./edited.js"

/** @import { Component, EditBlock, EditBlockSent } from "./types.js" */

/** @type {EditBlock | null} */
let held = null
/** @type {HTMLElement | null} */
let holder = null

/** @type {Set<() => void>} */
const listening = new Set()

// The block of this row; null while it has not come.
/** @type {(token: string) => EditBlock | null} */
export function blockOf(token) {
  return held?.token === token ? held : null
}

// Hear of another block; returns how to hear no more.
/** @type {(listener: () => void) => () => void} */
export function listen(listener) {
  listening.add(listener)
  return () => {
    listening.delete(listener)
  }
}

/** @param {Component<EditBlockSent>} component */
export function render({ parentElement, data }) {
  holder = parentElement
  if (held?.token === data.token) return
  const points = { user: floats(data.points.user), item: floats(data.points.item) }
  held = { ...data, points, numbers: unpacked(data.numbers, data.lengths) }
  for (const listener of [...listening]) listener()
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  if (holder === parentElement) held = holder = null
}
