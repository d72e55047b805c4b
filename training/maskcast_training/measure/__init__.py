"""What a network is worth: predictions, scores over all and by camera, and pictures to look at."""
