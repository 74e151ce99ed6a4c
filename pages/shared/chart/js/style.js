// @ts-check
// The few styles the components need, added to the page once; colours are the theme's own.

const sheet = document.createElement("style")
sheet.textContent = `
.fs-chart { width: 100%; overflow: hidden; }
.fs-chart .modebar { right: 2.4rem !important; }
[class*="st-key-curves_chart"] .modebar { right: 4.8rem !important; }

/* While a canvas draws what moves, Plotly's own drawing of it is hidden below. */
.fs-canvas { position: absolute; top: 0; left: 0; pointer-events: none; }
.fs-moving .heatmaplayer, .fs-moving .fs-live,
.fs-moving:not([data-panel="curves"]) .shapelayer { visibility: hidden; }

/* Formulas: signs that say what they stand for. */
.fs-formulas { display: grid; gap: .4rem; font-size: 1rem; }
.fs-formulas p { margin: 0; }
.fs-formula { overflow-x: auto; padding: .5rem 0 .7rem; font-size: 1.25rem; }
.fs-formula math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math; }
/* Without such a font an index would stand as high as its letter where that reaches no lower. */
.fs-formula msub > :nth-child(2) { padding-top: .55em; }
.fs-formula [data-sign] { cursor: help; border-radius: 4px; }
.fs-formula [data-sign].fs-lit { background: rgba(127, 127, 127, .25); }
.fs-formula [data-sign]:focus-visible { outline: 2px solid var(--fs-accent); outline-offset: 2px; }
.fs-meaning { min-height: 1.6em; color: var(--fs-muted); }

/* What can be scrolled sideways fades at the edge beyond which there is more. */
.fs-beyond-right { mask-image: linear-gradient(to left, transparent, #000 2.5rem); }
.fs-beyond-left { mask-image: linear-gradient(to right, transparent, #000 2.5rem); }
.fs-beyond-left.fs-beyond-right { mask-image: linear-gradient(to right, transparent, #000 2.5rem,
  #000 calc(100% - 2.5rem), transparent); }

.fs-moving[data-panel=latent] .annotation { visibility: hidden; }

/* How to read the names there was no room for. */
.fs-more { position: absolute; top: 42px; right: 6px; font-size: 12px; opacity: .8;
  pointer-events: none; }

/* The table twin's button, lifted to the chart's upper right corner. */
[class*="st-key-"][class*="_chart"] { position: relative; }
[class*="st-key-"][class*="_twin"] { position: absolute; top: 0; right: 0; z-index: 5;
  width: auto; }
:is([class*="_twin"], .st-key-curves_view) button { border: none; background: none;
  min-height: 1.75rem; padding: 0 .3rem; color: var(--fs-muted); }
:is([class*="_twin"], .st-key-curves_view) button:is(:hover, :focus-visible) {
  color: var(--fs-ink); }

[class*="st-key-curves_view"] { position: absolute; top: 0; right: 2.2rem; z-index: 5; width: auto; }

/* Where the keyboard is on a chart, and what a screen reader is told of it (keyboard.js). The
   cursor has two tones, to be seen on any colour of a cell. The modebar is there for the keyboard
   as it is for the mouse. */
.fs-cursor { position: absolute; pointer-events: none; border-radius: 3px;
  outline: 3px dashed var(--fs-ink); outline-offset: -2px;  /* Plotly allows no border */
  box-shadow: 0 0 0 3px var(--fs-paper), inset 0 0 0 4px var(--fs-paper); }
.fs-cursor[hidden] { display: none; }
.fs-told { position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.fs-chart .modebar:focus-within { opacity: 1; }

.fs-notice { position: fixed; left: 50%; bottom: 1rem; transform: translateX(-50%); z-index: 1000;
  padding: .5em 1em; border-radius: 6px; background: #20232E; color: #fff;
  font-family: sans-serif; font-size: 14px; }
/* What Streamlit says of a lost connection (connection.js). */
.fs-lost [data-testid=stDialog], .fs-lost [data-testid=stConnectionStatus] { display: none; }

.fs-errors, .fs-cut, .fs-took { color: var(--fs-muted); font-variant-numeric: tabular-nums; }
.fs-cut { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.fs-took { display: inline-block; min-width: 4em; text-align: right; }
/* One line a run; on a telephone it wraps. */
@media (min-width: 1200px) { [class*="st-key-run_"] { flex-wrap: nowrap; } }
.fs-refused { color: light-dark(#B3261E, #F28B82); }

.fs-share { display: flex; gap: .4rem; font-family: var(--st-font); font-size: .93rem; }
.fs-share button { font: inherit; min-height: 2.3rem; padding: 0 .8em; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color); white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
.fs-share button:hover, .fs-share button:focus-visible { border-color: var(--st-primary-color); }
.fs-share button:disabled { opacity: .5; cursor: default; }
.fs-share input { font: inherit; width: 15rem; min-width: 0; padding: 0 .5em;
  color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }

/* One rating's step (one_step.js): a user's numbers teal, an item's orange, as everywhere. */
.fs-step { --fs-user: #1B8A7A; --fs-item: #D9682B; color: var(--st-text-color);
  font-family: var(--st-font); font-size: 1rem; padding: .25rem; border-radius: 6px; }
.fs-step:focus-visible { outline: 2px solid var(--fs-accent); outline-offset: 2px; }
.fs-step p { margin: 0 0 .6rem; }
.fs-step-head { padding-right: 3rem; }
.fs-step-when, .fs-step-note, .fs-step figcaption { color: var(--fs-muted); font-size: .9em; }
.fs-step-controls, .fs-step-steps { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: .6rem; }
.fs-step button { font: inherit; font-size: .93em; min-height: 2.2rem; padding: 0 .8em;
  cursor: pointer; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
.fs-step button:is(:hover, :focus-visible) { border-color: var(--st-primary-color); }
.fs-step button:disabled { color: var(--fs-muted); cursor: default; border-style: dashed; }
.fs-step button[aria-pressed=true] { border: 2px solid var(--st-primary-color); font-weight: 600; }
.fs-step .fs-step-says { font-size: 1.1em; min-height: 1.6em; }
.fs-step-formula { display: flex; flex-wrap: wrap; column-gap: 2.5rem; align-content: flex-start;
  min-height: 7em; overflow-x: auto; font-variant-numeric: tabular-nums; }
.fs-formula-line { display: flex; align-items: flex-start; gap: .35em; margin-bottom: .3em;
  white-space: nowrap; }
.fs-term { display: inline-flex; flex-direction: column; align-items: center;
  border-bottom: 3px solid transparent; padding: 0 .15em; }
.fs-term > i { font-size: 1.05em; line-height: 1.3; }
.fs-term > span { font-size: .9em; line-height: 1.3; }
.fs-term.fs-user { border-color: var(--fs-user); }
.fs-term.fs-item { border-color: var(--fs-item); }
.fs-term.fs-factor { border-color: var(--st-primary-color); }
.fs-term.fs-error { border-color: light-dark(#A73830, #E1A9A1); }
.fs-operator { line-height: 1.4; }
.fs-step-body { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.fs-step-bars { flex: 3 1 20rem; min-width: 0; }
.fs-step-plane { flex: 1 1 15rem; min-width: 0; margin: 0; }
.fs-step svg { display: block; max-width: 100%; overflow: visible; }
.fs-step svg text { fill: currentColor; }
.fs-step svg .fs-muted text { fill: var(--fs-muted); }
.fs-step svg .fs-user .fs-first { fill: var(--fs-user); }
.fs-step svg .fs-item .fs-first { fill: var(--fs-item); }
.fs-step svg .fs-factor .fs-first { fill: var(--st-primary-color); }
.fs-step svg .fs-second { fill: var(--fs-muted); }
.fs-step svg .fs-zero { stroke: var(--st-border-color); }
.fs-step svg .fs-was { stroke: var(--fs-ink); stroke-width: 2; }
.fs-step svg .fs-frame { fill: none; stroke: var(--st-border-color); }
.fs-step svg .fs-faint { opacity: .3; }
.fs-step svg .fs-arrow { stroke-width: 2.5; }
.fs-step svg .fs-user .fs-arrow { stroke: var(--fs-user); }
.fs-step svg .fs-item .fs-arrow { stroke: var(--fs-item); }
@media (max-width: 640px) { .fs-step button { min-height: 44px; } }

/* Edited factors (edit_row.js): a slider's bar leads from the trained number, a tick, to where it is. */
.fs-edit { color: var(--st-text-color); font-family: var(--st-font); font-size: 1rem; }
.fs-edit p { margin: 0; }
.fs-edit-says { padding-right: 3rem; min-height: 1.6em; overflow-wrap: anywhere; }
.fs-edit-body { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start;
  margin-top: .5rem; }
.fs-edit-own { flex: 1 1 18rem; display: grid; gap: 1rem; }
/* The plane of two factors (edit_plane.js): a user's points teal, an item's orange, as everywhere. */
.fs-edit-plane { display: grid; grid-template-columns: auto minmax(0, 1fr); max-width: 24rem; margin: 0;
  --fs-user: #1B8A7A; --fs-item: #D9682B; }
.fs-edit-plane[hidden] { display: none; }
.fs-edit-plane figcaption { grid-column: 1 / -1; color: var(--fs-muted); font-size: .93em;
  margin-bottom: .4rem; }
.fs-edit-axis { grid-column: 2; display: flex; justify-content: space-between; font-size: .85em;
  color: var(--fs-muted); font-variant-numeric: tabular-nums; }
.fs-edit-axis.fs-edit-up { grid-column: 1; writing-mode: vertical-rl; transform: rotate(180deg); }
.fs-edit-square { position: relative; aspect-ratio: 1; border: 1px solid var(--st-border-color); }
.fs-edit-square svg { display: block; width: 100%; height: 100%; overflow: visible; }
.fs-edit-square line { stroke: var(--st-border-color); vector-effect: non-scaling-stroke; }
.fs-edit-square line.fs-was, .fs-edit-square circle { stroke: var(--st-text-color); fill: none;
  stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.fs-edit-square path { opacity: .45; }
.fs-edit-square path.fs-user { fill: var(--fs-user); }
.fs-edit-square path.fs-item { fill: var(--fs-item); }
/* As large as a finger; what is seen of it is smaller. */
.fs-edit-point { position: absolute; width: 44px; height: 44px; margin: -22px; cursor: grab;
  touch-action: none; user-select: none; display: grid; place-items: center; border-radius: 50%; }
.fs-edit-point:active { cursor: grabbing; }
.fs-edit-point[aria-disabled=true] { cursor: default; touch-action: auto; }
.fs-edit-point:focus-visible { outline: 2px solid var(--fs-accent); outline-offset: -6px; }
.fs-edit-point::before { content: ""; width: 16px; height: 16px; border-radius: 50%;
  background: var(--fs-user); border: 2px solid var(--st-text-color); box-sizing: border-box; }
.fs-edit-point[data-side=item]::before { background: var(--fs-item); border-radius: 0;
  transform: rotate(45deg); }
.fs-edit-point span { position: absolute; left: 36px; max-width: 8rem; font-weight: 600;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; pointer-events: none;
  text-shadow: 0 0 3px var(--fs-paper), 0 0 3px var(--fs-paper); }
.fs-edit-point.fs-edit-flip span { left: auto; right: 36px; }
.fs-edit-fields { flex: 1 1 18rem; display: grid; gap: .25rem 1.25rem;
  grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
.fs-edit-fields label { display: flex; flex-wrap: wrap; justify-content: space-between; }
.fs-edit-value { font-variant-numeric: tabular-nums; }
.fs-edit-fields input { width: 100%; height: 1.6rem; margin: 0; cursor: pointer; appearance: none;
  background: none; border-radius: 4px; }
.fs-edit-fields input:disabled { cursor: default; opacity: .6; }
.fs-edit-fields input::-webkit-slider-runnable-track { height: 6px; border-radius: 3px;
  background: var(--fs-edit-track); }
.fs-edit-fields input::-moz-range-track { height: 6px; border-radius: 3px;
  background: var(--fs-edit-track); }
.fs-edit-fields input { --fs-edit-from: min(var(--was), var(--now)); --fs-edit-to: max(var(--was), var(--now));
  --fs-edit-track: linear-gradient(to right, transparent calc(var(--was) - 1px),
    var(--st-text-color) 0 calc(var(--was) + 1px), transparent 0),
    linear-gradient(to right, var(--st-border-color) var(--fs-edit-from),
    var(--st-primary-color) 0 var(--fs-edit-to), var(--st-border-color) 0); }
.fs-edit-fields input::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px;
  margin-top: -5px; border-radius: 50%; background: var(--st-background-color);
  border: 3px solid var(--st-text-color); }
.fs-edit-fields input::-moz-range-thumb { width: 12px; height: 12px; border-radius: 50%;
  background: var(--st-background-color); border: 3px solid var(--st-text-color); }
.fs-edit-fields input:focus-visible { outline: none; }  /* its label has the ring: accessible.py */
.fs-edit-fields label { border-radius: 4px; }
.fs-dial .fs-edit-fields { grid-template-columns: 1fr; padding-right: 4rem; }
.fs-dial .fs-edit-says { min-height: 3.2em; margin: .5rem 0; padding: 0; }
.fs-edit-list { flex: 2 1 22rem; min-width: 0; }
.fs-edit-near { flex: 1 1 12rem; min-width: 0; }
.fs-edit table { width: 100%; border-collapse: collapse; table-layout: fixed;
  font-variant-numeric: tabular-nums; }
.fs-edit :is(th, td) { padding: .3rem .4rem; border-bottom: 1px solid var(--st-border-color);
  text-align: right; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.fs-edit th { font-weight: 600; color: var(--fs-muted); white-space: normal; vertical-align: bottom; }
.fs-edit-list :is(th, td):nth-child(2), .fs-edit-near :is(th, td):nth-child(1) { text-align: left; }
.fs-edit-list :is(th, td):nth-child(1) { width: 2rem; color: var(--fs-muted); }
.fs-edit-list :is(th, td):nth-child(n+3) { width: 5.2rem; }
.fs-edit-near :is(th, td):nth-child(2) { width: 4.5rem; }
.fs-edit-near :is(th, td):nth-child(3) { width: 3.2rem; }
.fs-edit-notes { color: var(--fs-muted); font-size: .93em; margin-top: .5rem; }
@media (max-width: 640px) {
  .fs-edit-says { min-height: 3.2em; }
  .fs-edit-list { order: -1; }  /* to be seen while a finger moves a slider */
  .fs-edit-fields { gap: 0 1.25rem; }
  .fs-edit-fields input { height: 44px; }
  .fs-edit-list :is(th, td):nth-child(n+3) { width: 4rem; padding-left: 0; }
  .fs-edit-list :is(th, td):nth-child(3), .fs-dial :is(th, td):nth-child(n+3) { width: 5rem; }
}

/* Normal equations (pages/panels/inside/row_equations.py): matrices between brackets. */
.fs-equations { display: flex; align-items: center; gap: .6rem; overflow-x: auto;
  font-variant-numeric: tabular-nums; }
.fs-equations figure { margin: 0; }
.fs-equations table { border-left: 2px solid; border-right: 2px solid; border-radius: 8px; }
.fs-equations .fs-user table { border-color: #1B8A7A; }
.fs-equations .fs-item table { border-color: #D9682B; }
.fs-equations td { padding: .1rem .5rem; text-align: right; white-space: nowrap; }
.fs-equations figcaption { color: var(--fs-muted); font-size: .85em; text-align: center; }

.fs-timeline { display: flex; align-items: center; gap: .75rem; height: 1.75rem;
  color: var(--st-text-color); font-family: var(--st-font); font-size: .93rem; }
.fs-timeline output { min-width: 8.5em; text-align: right; font-variant-numeric: tabular-nums; }
.fs-timeline button { font: inherit; color: var(--st-link-color); background: none;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: 0 .5em; cursor: pointer; }
.fs-timeline input { flex: 1; min-width: 0; height: 1.5rem; margin: 0; cursor: pointer;
  appearance: none; background: none; border-radius: 4px; }
.fs-timeline input::-webkit-slider-runnable-track { height: 6px; border-radius: 3px;
  background: linear-gradient(to right,
    var(--st-primary-color) var(--shown), color-mix(in srgb, var(--st-primary-color) 40%, transparent)
    var(--shown) var(--trained), var(--st-border-color) var(--trained)); }
.fs-timeline input::-moz-range-track { height: 6px; border-radius: 3px;
  background: linear-gradient(to right,
    var(--st-primary-color) var(--shown), color-mix(in srgb, var(--st-primary-color) 40%, transparent)
    var(--shown) var(--trained), var(--st-border-color) var(--trained)); }
.fs-timeline input::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px;
  margin-top: -5px; border-radius: 50%; background: var(--st-background-color);
  border: 3px solid var(--st-text-color); }
.fs-timeline input::-moz-range-thumb { width: 12px; height: 12px; border-radius: 50%;
  background: var(--st-background-color); border: 3px solid var(--st-text-color); }
@media (max-width: 640px) {
  .fs-timeline, .fs-timeline input { height: 44px; }
  .fs-share button { min-height: 44px; }
}
.fs-timeline input:focus-visible { outline: 2px solid var(--fs-accent); outline-offset: 2px; }
`
document.head.append(sheet)
