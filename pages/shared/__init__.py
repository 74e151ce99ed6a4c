"""What the pages share: state, controls, cards, the chart component."""
