// templates.js, which pages/shared/chart/assets.py writes: Plotly's template of each theme.

export const templates: Record<string, object>
