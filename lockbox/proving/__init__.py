"""How often, how surely and how fast mail is read: measured on mail whose truth is known."""
