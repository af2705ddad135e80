"""HOW PEOPLE REACH IT: views find, parse, act and answer; text for people lives here and in templates/."""
