// @ts-check
// The place of a page that a screen reader listens to.

/** @type {HTMLElement | null} */
let place = null

// It has to be there before it says anything.
export function announcer() {
  if (place) return place
  place = document.createElement("div")
  place.className = "fs-told"
  place.setAttribute("role", "status")
  document.body.append(place)
  return place
}
