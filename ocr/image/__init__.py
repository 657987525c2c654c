"""Pictures of paper: decoded, turned upright, measured, drawn on."""
