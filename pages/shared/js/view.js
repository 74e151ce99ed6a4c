// What is looked at, as the page says it: the last element of every page.
//
// It hands the view to the store, has the live route watch its runs, writes the address, and tells
// the page what was changed here.

import * as address from "./address.js"
import * as live from "./live.js"
import * as store from "./store.js"
import "./texts.js"

export function render({ data, setTriggerValue }) {
  store.onChange((change) => setTriggerValue("change", { ...change, main: store.view.main }))
  store.see({ ...data.view, main: data.live.main })
  live.watch(data.live)
  address.write(data.page, data.query, data.steps, data.asked)
}

export function remove() {}
