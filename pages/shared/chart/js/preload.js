// @ts-check
// Fetch Plotly while a person still reads the first page, so that the first chart comes at once.

import { plotly } from "./plotly.js"

/** @import { Component } from "./types.js" */

/** @param {Component<{ plotly: string }>} component */
export function render({ data }) {
  const idle = window.requestIdleCallback ?? setTimeout
  idle(() => plotly(data.plotly).catch(() => {}))
}

export function remove() {}
