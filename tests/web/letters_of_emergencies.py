"""How the letters to somebody without an account come about; test_letters reads them."""

from tests.actions.emergency_made import a_confirmed_emergency, an_emergency

EVENTS = {"emergency_code": an_emergency, "emergency_link": a_confirmed_emergency}
