"""Running a task at many settings of its circuit."""
