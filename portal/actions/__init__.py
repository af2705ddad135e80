"""WHAT PEOPLE CAN DO: one deed, one transaction — change, history and letters, or nothing."""
