"""Predictions."""

import streamlit as st

st.title("Predictions")
