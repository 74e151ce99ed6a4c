// What lies over a chart: traces and names that change more often than the picture below.

import { layOver } from "./chart.js"

const laid = new WeakMap() // the component's element → the chart's name

export function render({ parentElement, data }) {
  laid.set(parentElement, data.of)
  layOver(data.of, data.figure)
}

export function remove({ parentElement }) {
  layOver(laid.get(parentElement), null)
}
