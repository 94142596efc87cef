"""The widgets and canvas items of a review, its actions and exports."""
