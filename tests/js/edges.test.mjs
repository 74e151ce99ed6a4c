// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { beyond } from "../../pages/shared/chart/js/edges.js"

test("an edge fades where there is more beyond it", () => {
  const at = (/** @type {number} */ scrollLeft, scrollWidth = 700) =>
    Object.values(beyond({ scrollLeft, scrollWidth, clientWidth: 360 }))
  assert.deepEqual(at(0), [false, true])
  assert.deepEqual(at(100), [true, true])
  assert.deepEqual(at(340), [true, false])
  assert.deepEqual(at(0, 361), [false, false], "all is seen, but for a rounding")
})
