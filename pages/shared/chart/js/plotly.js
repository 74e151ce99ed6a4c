// @ts-check
// Plotly, loaded once a browser: whoever asks first adds the script, everybody waits for the same.

/** @import { PlotlyScript } from "./types.js" */

/** @type {Promise<PlotlyScript> | null} */
let loading = null

/** @type {(url: string) => Promise<PlotlyScript>} */
export function plotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly)
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => {
      loading = null // the next chart tries again
      reject(new Error("Plotly could not be loaded"))
    }
    document.head.append(script)
  })
  return loading
}
