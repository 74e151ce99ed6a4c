// @ts-check
// What lies over a chart: traces and names that change more often than the picture below.

import { layOver } from "./chart.js"

/** @import { Component } from "./types.js" */

/** @type {WeakMap<HTMLElement, string>} */
const laid = new WeakMap() // the component's element → the chart's name

/** @param {Component<{ of: string, figure: string }>} component */
export function render({ parentElement, data }) {
  laid.set(parentElement, data.of)
  layOver(data.of, data.figure)
}

/** @param {Component<unknown>} component */
export function remove({ parentElement }) {
  const of = laid.get(parentElement)
  if (of !== undefined) layOver(of, null)
}
