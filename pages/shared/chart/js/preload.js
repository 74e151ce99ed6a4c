// @ts-check
// Fetch Plotly while a person still reads the first page, so that the first chart comes at once;
// and say in which language the page is.

import { speak } from "./language.js"
import { plotly } from "./plotly.js"

/** @import { Component } from "./types.js" */

/** @param {Component<{ plotly: string, language: string }>} component */
export function render({ data }) {
  speak(data.language)
  document.documentElement.lang = data.language
  const idle = window.requestIdleCallback ?? setTimeout
  idle(() => plotly(data.plotly).catch(() => {}))
}

export function remove() {}
