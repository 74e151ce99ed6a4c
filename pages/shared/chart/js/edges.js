// @ts-check
// What is scrolled sideways shows that it can be: it fades at the edge beyond which there is more.

// Pixels of what is beyond an edge that nobody would miss.
const LITTLE = 2

/** @type {WeakSet<Element>} */
const followed = new WeakSet()

// Have what a chart is scrolled in fade at its edges (min_width.py); called whenever the chart has
// another size.
/** @param {Element} chart */
export function fade(chart) {
  const box = chart.closest('[class*="_scroll"]')
  if (!box) return
  const look = () => {
    const { left, right } = beyond(box)
    box.classList.toggle("fs-beyond-left", left)
    box.classList.toggle("fs-beyond-right", right)
  }
  if (!followed.has(box)) box.addEventListener("scroll", look, { passive: true })
  followed.add(box)
  look()
}

// Whether there is more beyond the left and the right edge.
/** @type {(box: Pick<Element, "scrollLeft" | "scrollWidth" | "clientWidth">) => { left: boolean, right: boolean }} */
export function beyond({ scrollLeft, scrollWidth, clientWidth }) {
  const rest = scrollWidth - clientWidth - scrollLeft
  return { left: scrollLeft > LITTLE, right: rest > LITTLE }
}
