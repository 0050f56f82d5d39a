"""An event as a description in JSON: written of one that there is, and followed to make or change one."""
