"""Who may pass which door: every address of the portal by its endpoint, once.  Rules P1, P1a.

A new address belongs into exactly one of these sets, or test_every_door fails.
"""

EVERYBODY = {
    "public.accessibility", "public.help", "public.imprint", "public.kit", "public.language", "public.logo",
    "public.open_link", "public.passkey_ask", "public.passkey_sign_in", "public.privacy",
    "public.register", "public.sign_in", "public.sign_in_link", "public.sign_out",
    "public.start", "report.begin", "report.check", "report.preview", "report.question",
    "report.result", "report.send", "report.start",
    "machines.alive", "machines.ready", "machines.metrics", "api.contract",
}  # fmt: skip

BY_SECRET = {
    "door.open", "door.go", "door.enter",  # the link's own token
    "public.email_change",  # the mailbox of the old or the new address
    "report.photo", "report.sent", "report.take_along",  # the browser that has the draft
    "emergency.confirm",  # the mail with the code
}  # fmt: skip

BY_CASE_SECRET = {
    "emergency.answer", "emergency.case", "emergency.code", "emergency.code_again", "emergency.email",
    "emergency.renew", "emergency.sent", "emergency.slip",
}  # fmt: skip
"""Whoever has the secret of one case, which was reported without an account (P1a)."""

SIGNED_IN = {
    "privacy.ask_for_data", "privacy.ask_to_delete", "privacy.data", "privacy.delete",
    "privacy.fetch", "privacy.withdraw",
    "account.call_off_email", "account.change_email", "account.email",
    "account.account", "account.end_session", "account.end_sessions", "account.password", "confirm.ask",
    "account.ask_new", "account.new_passkey", "account.passkey_name", "account.passkey_remove",
    "confirm.passkey_again", "confirm.passkey_ask_again",
}  # fmt: skip

FIRST_FACTOR = {  # staff who have not shown the second one yet
    "factor.code", "factor.passkey", "factor.passkey_ask", "factor.passkey_first", "factor.passkey_first_ask",
    "factor.set_up",
}  # fmt: skip

OWN_FACTOR = {"factor.new_codes", "factor.remove"}

OWNER_AND_STAFF = {
    "papers.earlier_quote", "papers.facts", "papers.kit", "papers.link_outage_record", "papers.outage_record",
    "papers.quote", "papers.return_note", "papers.slip",
}  # fmt: skip

OWNER = {
    "owner.invite_colleague", "owner.people", "owner.remove_colleague", "owner.withdraw_invitation",
    "owner.answer", "owner.answer_quote", "owner.appointment", "owner.appointment_cancel",
    "owner.appointment_confirm", "owner.appointment_file", "owner.appointment_pick", "owner.arrived",
    "owner.cancel", "owner.case", "owner.cases", "owner.feedback", "owner.link", "owner.link_check",
    "owner.link_new", "owner.link_outage_line_withdraw", "owner.link_outage_record", "owner.link_progress",
    "owner.link_question", "owner.link_renew", "owner.link_send", "owner.link_so_far", "owner.link_withdraw",
    "owner.mark_sent", "owner.outage_line_withdraw", "owner.outage_record", "owner.parcel", "owner.photo",
    "owner.progress", "owner.quote", "owner.salon_hours", "owner.tse_disposal",
}  # fmt: skip

STAFF = {
    "staff.anonymise",
    "staff.approve_registration", "staff.refuse_registration", "staff.registration", "staff.registrations",
    "staff.set_email",
    "staff.add_part", "staff.add_photos", "staff.appointment", "staff.appointment_deed", "staff.calendar",
    "staff.calendar_add_holidays", "staff.calendar_kind", "staff.calendar_remove_holiday",
    "staff.calendar_settings", "staff.case", "staff.case_pane", "staff.check_in", "staff.commissioning",
    "staff.complete", "staff.confirm_till", "staff.customer", "staff.customers", "staff.discard_quote",
    "staff.dispatch", "staff.edit_customer", "staff.edit_device", "staff.edit_salon", "staff.extend",
    "staff.export_register", "staff.history",
    "staff.import_deed", "staff.import_file", "staff.import_run", "staff.imports", "staff.invite",
    "staff.letter_again", "staff.letters", "staff.link", "staff.link_pane", "staff.link_step", "staff.listed",
    "staff.new_customer", "staff.new_device", "staff.new_salon", "staff.note", "staff.open_unknown",
    "staff.parcel", "staff.part", "staff.person", "staff.photo", "staff.photo_page", "staff.photo_preview",
    "staff.blacken_photo", "staff.remove_photo", "staff.queue", "staff.quote",
    "staff.quote_pdf_preview", "staff.quote_preview", "staff.scan", "staff.search", "staff.send_after",
    "staff.send_quote", "staff.step", "staff.store_parcel", "staff.take_in", "staff.tick",
    "staff.unknown_parcel", "staff.withdraw_swap", "staff.workshop", "staff.workshop_deed",
    "staff.write_quote", "staff.correct_tracking", "staff.give", "staff.match",
}  # fmt: skip

ADMIN = {
    "staff.locked_customer", "staff.retention",
    "staff.interfaces_end_hook", "staff.interfaces_hook", "staff.interfaces_hook_again",
    "staff.interfaces_hook_secret", "staff.interfaces_new_hook", "staff.interfaces_new_key",
    "staff.interfaces_page", "staff.interfaces_renew_hook", "staff.interfaces_revoke_key",
    "staff.interfaces_test_hook", "staff.invite_staff", "staff.history_export", "staff.operator",
    "staff.reset_factor", "staff.operator_logo", "staff.team", "staff.team_member",
}  # fmt: skip

BY_KEY = {"api.backup", "api.link", "api.links", "api.load", "api.read_out"}

DOORS = {
    "everybody": EVERYBODY,
    "by secret": BY_SECRET,
    "by case secret": BY_CASE_SECRET,
    "signed in": SIGNED_IN,
    "first factor": FIRST_FACTOR,
    "own factor": OWN_FACTOR,
    "owner and staff": OWNER_AND_STAFF,
    "owner": OWNER,
    "staff": STAFF,
    "admin": ADMIN,
    "by key": BY_KEY,
}

PASSES = {
    "nobody": {"everybody"},
    "holder": {"everybody"},
    "owner": {"everybody", "signed in", "owner and staff", "owner"},
    "half": {"everybody", "first factor"},
    "staff": {"everybody", "signed in", "first factor", "own factor", "owner and staff", "staff"},
    "admin": {"everybody", "signed in", "first factor", "own factor", "owner and staff", "staff", "admin"},
    "key": {"everybody", "by key"},
}
"""Which doors are open to whom; who has a secret passes by that, whoever they are."""
