"""Problems someone must solve: list, detail, states, export."""
