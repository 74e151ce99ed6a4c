// @ts-check
// The few styles the components need, added to the page once; colours are the theme's own.

const sheet = document.createElement("style")
sheet.textContent = `
.fs-chart { width: 100%; overflow: hidden; }
.fs-chart .modebar { right: 2.4rem !important; }
[class*="st-key-curves_chart"] .modebar { right: 4.8rem !important; }

/* While a canvas draws what moves, Plotly's own drawing of it is hidden below. */
.fs-canvas { position: absolute; top: 0; left: 0; pointer-events: none; }
.fs-moving .heatmaplayer, .fs-moving .fs-live, .fs-moving .shapelayer { visibility: hidden; }

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
