"""What is true: the rulebook as pure functions that know neither web, database nor clock."""
