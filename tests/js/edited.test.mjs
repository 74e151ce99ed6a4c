// @ts-check
import assert from "node:assert/strict"
import test from "node:test"

import { follow, unpacked } from "../../pages/shared/chart/js/edited.js"

/** @import { BlockSent } from "../../pages/shared/chart/js/types.js" */

const packed = (/** @type {number[]} */ values) =>
  btoa(String.fromCharCode(...new Uint8Array(new Float32Array(values).buffer)))

// Two factors. Three films that are open, one that is rated 5, two other users.
/** @type {BlockSent} */
const sent = {
  mean: 3, ends: null, clip: [1, 5], row: [1, 0, 0.5],
  open: { factors: packed([1, 0, 0, 1, 0, -1]), biases: packed([0, 0, 0]), names: ["action", "love", "none"] },
  rated: { factors: packed([0.5, 0.5]), biases: packed([0.5]), values: [5] },
  near: { factors: packed([2, 0, 0, 3]), biases: packed([0, 0]), names: ["Ann", "Bob"] },
}

test("by hand: x = μ + b + b_j + w · q_j, clipped where it is shown, and cos", () => {
  const block = unpacked(sent, [2, 2])
  const trained = follow(block, sent.row)
  assert.deepEqual(trained.list, [
    { name: "action", predicted: 4.5, before: 4.5, place: 1 },
    { name: "love", predicted: 3.5, before: 3.5, place: 2 }, // equal to the third: the first is first
  ])
  assert.deepEqual(trained.near.map(({ name, cosine }) => [name, cosine]), [["Ann", 1], ["Bob", 0]])
  assert.deepEqual(trained.rmse, [0.5, 0.5]) // 3 + 0.5 + 0.5 + 0.5 = 4.5
  const after = follow(block, [0, -4, 0.5])
  assert.deepEqual(after.list, [
    { name: "none", predicted: 5, before: 3.5, place: 0 }, // 7.5, clipped; it was in no place
    { name: "action", predicted: 3.5, before: 4.5, place: 1 },
  ])
  assert.deepEqual(after.near.map(({ name, cosine }) => [name, cosine]), [["Ann", 0], ["Bob", -1]])
  assert.deepEqual(after.rmse, [0.5, 3]) // 4 − 2 = 2
})

test("a logistic link bends; preferences have neither scale nor error; no ratings, no error", () => {
  const [linked] = follow(unpacked({ ...sent, mean: 0, ends: [1, 5] }, [1, 1]), [0, 0, 0]).list
  assert.equal(linked.predicted, 3)
  const open = follow(unpacked({ ...sent, clip: null }, [1, 1]), [9, 0, 0])
  assert.equal(open.list[0].predicted, 12)
  assert.equal(open.rmse, null)
  const unrated = { factors: "", biases: "", values: [] }
  assert.equal(follow(unpacked({ ...sent, rated: unrated }, [1, 1]), sent.row).rmse, null)
})
