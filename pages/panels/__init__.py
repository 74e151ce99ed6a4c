"""What only one page uses, in a folder for each page."""
