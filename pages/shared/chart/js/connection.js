// @ts-check
// While the server cannot be reached, the page says so in its own words.
//
// Streamlit opens a dialog for the developer of an app (“Is Streamlit still running? …”), and tries
// again by itself. Its dialog is closed before it is seen, after which it opens none until the server
// has answered; “Connecting” in the corner is hidden (style.js).

import { reconnect } from "./live.js"
import { notice } from "./notice.js"
import { worded } from "./sentences.js"

export const unreachable = () =>
  worded("The server cannot be reached. This page goes on by itself as soon as it answers.")

const DIALOG = "Connection error" // the heading of Streamlit's

// A server that is only slow to answer is back within this time, in milliseconds.
const LOST = 1000

/** @type {ReturnType<typeof setTimeout> | undefined} */
let losing

function look() {
  /** @type {HTMLElement | null} */
  const app = document.querySelector("[data-testid=stApp]")
  const lost = app !== null && app.dataset.testConnectionState !== "CONNECTED"
  document.documentElement.classList.toggle("fs-lost", lost)
  if (!lost) {
    if (losing !== undefined) reconnect()
    clearTimeout(losing)
    losing = undefined
    notice("connection", "")
    return
  }
  losing ??= setTimeout(() => notice("connection", unreachable()), LOST)
  for (const dialog of document.querySelectorAll("[data-testid=stDialog], [role=dialog]")) {
    if (!dialog.textContent?.includes(DIALOG)) continue
    /** @type {HTMLElement | null} */
    const close = dialog.querySelector("button[aria-label=Close]")
    close?.click()
  }
}

new MutationObserver(look).observe(document.body, {
  childList: true,
  subtree: true,
  attributeFilter: ["data-test-connection-state"],
})
