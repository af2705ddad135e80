"""What tables alone cannot say: triggers for promises that no code may break, and text indexes.

Rule L3: an ended or refused link is never active again, and none goes back. Rules L2, L6: the start
and end of a link are fixed once set, and at most 30 × 24 hours apart; the receipt lock is lifted once,
after read-out and loading. Rule S: history is append-only. Both
engines refuse, whoever asks.
Rules W3, P4: what a quote offered stays as it was sent, and so does the answer; when its case was erased, the
paper may be emptied, and nothing else (rule P3).
"""

from peewee import Database, SqliteDatabase

from portal.models import TABLES

SQLITE = (
    """
    CREATE TRIGGER link_stays_ended BEFORE UPDATE ON substitute_link
    WHEN OLD.state IN ('ended', 'refused')
     AND (NEW.state <> OLD.state OR NEW.open_device IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'an ended link stays ended (rule L3)'); END
    """,
    """
    CREATE TRIGGER link_end_is_fixed BEFORE UPDATE ON substitute_link
    WHEN (OLD.ends_at IS NOT NULL AND NEW.ends_at IS NOT OLD.ends_at)
      OR (OLD.activated_at IS NOT NULL AND NEW.activated_at IS NOT OLD.activated_at)
    BEGIN SELECT RAISE(ABORT, 'the end of a link is fixed (rules L2, L6)'); END
    """,
    """
    CREATE TRIGGER link_is_not_too_long BEFORE UPDATE ON substitute_link
    WHEN julianday(NEW.ends_at) - julianday(NEW.activated_at) > 30.000001
    BEGIN SELECT RAISE(ABORT, 'a link lasts 30 days at most (rule L2)'); END
    """,
    """
    CREATE TRIGGER link_is_not_made_too_long BEFORE INSERT ON substitute_link
    WHEN julianday(NEW.ends_at) - julianday(NEW.activated_at) > 30.000001
    BEGIN SELECT RAISE(ABORT, 'a link lasts 30 days at most (rule L2)'); END
    """,
    # REPLACE deletes the row in its way without asking the triggers, unless the connection wants it.
    """
    CREATE TRIGGER link_is_not_replaced BEFORE INSERT ON substitute_link
    WHEN EXISTS (SELECT 1 FROM substitute_link WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a link is never erased (rule L3)'); END
    """,
    """
    CREATE TRIGGER link_keeps_its_id BEFORE UPDATE OF id ON substitute_link
    WHEN NEW.id <> OLD.id
    BEGIN SELECT RAISE(ABORT, 'a link is never erased (rule L3)'); END
    """,
    """
    CREATE TRIGGER link_moves_forward BEFORE UPDATE ON substitute_link
    WHEN (OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended'))
      OR (OLD.state = 'granted' AND NEW.state NOT IN ('granted', 'active', 'ended'))
    BEGIN SELECT RAISE(ABORT, 'a link never goes back (rule L3)'); END
    """,
    """
    CREATE TRIGGER link_lock_needs_read_out BEFORE UPDATE ON substitute_link
    WHEN (NEW.lock_lifted_at IS NOT NULL AND (NEW.read_out_at IS NULL OR NEW.loaded_at IS NULL))
      OR (OLD.lock_lifted_at IS NOT NULL AND NEW.lock_lifted_at IS NOT OLD.lock_lifted_at)
      OR (OLD.mode = 'view_only' AND NEW.mode = 'full' AND NEW.lock_lifted_at IS NULL)
    BEGIN SELECT RAISE(ABORT, 'the lock is lifted once, after read-out and loading (rule L6)'); END
    """,
    """
    CREATE TRIGGER link_lock_needs_read_out_at_once BEFORE INSERT ON substitute_link
    WHEN NEW.lock_lifted_at IS NOT NULL AND (NEW.read_out_at IS NULL OR NEW.loaded_at IS NULL)
    BEGIN SELECT RAISE(ABORT, 'the lock is lifted once, after read-out and loading (rule L6)'); END
    """,
    """
    CREATE TRIGGER history_is_not_replaced BEFORE INSERT ON history
    WHEN EXISTS (SELECT 1 FROM history WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'history is append-only (rule S)'); END
    """,
    """
    CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
    WHEN OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR NEW.why <> '' OR NEW.facts <> '{}'
      OR NEW.address <> '' OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at
      OR NEW.account_id IS NOT OLD.account_id OR NEW.case_id IS NOT OLD.case_id
      OR NEW.link_id IS NOT OLD.link_id OR NEW.what IS NOT OLD.what OR NEW.source IS NOT OLD.source
      OR NEW.target IS NOT OLD.target OR NEW.about IS NOT OLD.about
    BEGIN SELECT RAISE(ABORT, 'history is append-only (rules S, P3)'); END
    """,
    """
    CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
    BEGIN SELECT RAISE(ABORT, 'history is append-only (rule S)'); END
    """,
    """
    CREATE TRIGGER link_is_not_deleted BEFORE DELETE ON substitute_link
    BEGIN SELECT RAISE(ABORT, 'a link is never erased (rule L3)'); END
    """,
    """
    CREATE TRIGGER seal_is_not_replaced BEFORE INSERT ON seal
    WHEN EXISTS (SELECT 1 FROM seal WHERE id = NEW.id OR history_id = NEW.history_id)
    BEGIN SELECT RAISE(ABORT, 'the chain over the history is append-only (rule S)'); END
    """,
    """
    CREATE TRIGGER seal_is_not_changed BEFORE UPDATE ON seal
    BEGIN SELECT RAISE(ABORT, 'the chain over the history is append-only (rule S)'); END
    """,
    """
    CREATE TRIGGER seal_is_not_deleted BEFORE DELETE ON seal
    BEGIN SELECT RAISE(ABORT, 'the chain over the history is append-only (rule S)'); END
    """,
    """
    CREATE TRIGGER quote_stays_as_sent BEFORE UPDATE ON quote
    WHEN OLD.state <> 'draft' AND ((NEW.frozen IS NOT OLD.frozen AND NOT (NEW.frozen IS NULL
        AND EXISTS (SELECT 1 FROM "case" WHERE id = OLD.case_id AND erased_at IS NOT NULL)))
      OR NEW.total_cents IS NOT OLD.total_cents
      OR NEW.positions IS NOT OLD.positions OR NEW.valid_until IS NOT OLD.valid_until
      OR NEW.case_id IS NOT OLD.case_id OR NEW.sent_at IS NOT OLD.sent_at)
    BEGIN SELECT RAISE(ABORT, 'a quote stays as it was sent (rules W3, P4)'); END
    """,
    """
    CREATE TRIGGER quote_answer_is_kept BEFORE UPDATE ON quote
    WHEN (OLD.state IN ('accepted', 'declined', 'lapsed')
       AND (NEW.state <> OLD.state OR NEW.consent_id IS NOT OLD.consent_id))
      OR (OLD.state = 'sent' AND NEW.state = 'draft')
    BEGIN SELECT RAISE(ABORT, 'the answer to a quote stays as it is (rules W3, P4)'); END
    """,
    """
    CREATE TRIGGER quote_is_not_deleted BEFORE DELETE ON quote WHEN OLD.state <> 'draft'
    BEGIN SELECT RAISE(ABORT, 'a quote that was sent is never erased (rules W3, P4)'); END
    """,
    """
    CREATE TRIGGER quote_is_not_replaced BEFORE INSERT ON quote
    WHEN EXISTS (SELECT 1 FROM quote WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a quote that was sent is never erased (rules W3, P4)'); END
    """,
)

POSTGRESQL = (
    """
    CREATE FUNCTION keep_link() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state IN ('ended', 'refused')
         AND (NEW.state <> OLD.state OR NEW.open_device IS NOT NULL) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'an ended link stays ended (rule L3)';
      END IF;
      IF (OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended'))
         OR (OLD.state = 'granted' AND NEW.state NOT IN ('granted', 'active', 'ended')) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a link never goes back (rule L3)';
      END IF;
      IF (OLD.lock_lifted_at IS NOT NULL AND NEW.lock_lifted_at IS DISTINCT FROM OLD.lock_lifted_at)
         OR (OLD.mode = 'view_only' AND NEW.mode = 'full' AND NEW.lock_lifted_at IS NULL) THEN
        RAISE integrity_constraint_violation
          USING MESSAGE = 'the lock is lifted once, after read-out and loading (rule L6)';
      END IF;
      IF (OLD.ends_at IS NOT NULL AND NEW.ends_at IS DISTINCT FROM OLD.ends_at)
         OR (OLD.activated_at IS NOT NULL AND NEW.activated_at IS DISTINCT FROM OLD.activated_at) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'the end of a link is fixed (rules L2, L6)';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER keep_link BEFORE UPDATE ON substitute_link FOR EACH ROW EXECUTE FUNCTION keep_link()",
    """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE integrity_constraint_violation
        USING MESSAGE = 'rows of ' || TG_TABLE_NAME || ' stay as they are (rules L3, S)';
    END $$
    """,
    """
    CREATE TRIGGER history_is_kept BEFORE DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION refuse()
    """,
    """
    CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR NEW.why <> '' OR NEW.facts::text <> '{}'
         OR NEW.address <> '' OR NEW.id IS DISTINCT FROM OLD.id OR NEW.at IS DISTINCT FROM OLD.at
         OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.case_id IS DISTINCT FROM OLD.case_id
         OR NEW.link_id IS DISTINCT FROM OLD.link_id OR NEW.what IS DISTINCT FROM OLD.what
         OR NEW.source IS DISTINCT FROM OLD.source OR NEW.target IS DISTINCT FROM OLD.target
         OR NEW.about IS DISTINCT FROM OLD.about THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'history is append-only (rules S, P3)';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history"
    " FOR EACH ROW EXECUTE FUNCTION keep_history()",
    "CREATE TRIGGER seal_is_kept BEFORE UPDATE OR DELETE ON seal FOR EACH ROW EXECUTE FUNCTION refuse()",
    "CREATE TRIGGER seal_is_not_emptied BEFORE TRUNCATE ON seal EXECUTE FUNCTION refuse()",
    "ALTER TABLE substitute_link ADD CONSTRAINT link_is_not_too_long"
    " CHECK (ends_at <= activated_at + INTERVAL '720 hours')",
    "ALTER TABLE substitute_link ADD CONSTRAINT link_lock_needs_read_out"
    " CHECK (lock_lifted_at IS NULL OR (read_out_at IS NOT NULL AND loaded_at IS NOT NULL))",
    "CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON history EXECUTE FUNCTION refuse()",
    """
    CREATE TRIGGER link_is_not_deleted BEFORE DELETE ON substitute_link
    FOR EACH ROW EXECUTE FUNCTION refuse()
    """,
    """
    CREATE FUNCTION keep_quote() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state = 'draft' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
      END IF;
      IF TG_OP = 'DELETE' THEN
        RAISE integrity_constraint_violation
          USING MESSAGE = 'a quote that was sent is never erased (rules W3, P4)';
      END IF;
      IF (NEW.frozen IS DISTINCT FROM OLD.frozen AND NOT (NEW.frozen IS NULL
            AND EXISTS (SELECT 1 FROM "case" WHERE id = OLD.case_id AND erased_at IS NOT NULL)))
         OR NEW.total_cents IS DISTINCT FROM OLD.total_cents
         OR NEW.positions IS DISTINCT FROM OLD.positions OR NEW.valid_until IS DISTINCT FROM OLD.valid_until
         OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.sent_at IS DISTINCT FROM OLD.sent_at THEN
        RAISE integrity_constraint_violation
          USING MESSAGE = 'a quote stays as it was sent (rules W3, P4)';
      END IF;
      IF (OLD.state <> 'sent'
          AND (NEW.state <> OLD.state OR NEW.consent_id IS DISTINCT FROM OLD.consent_id))
         OR NEW.state = 'draft' THEN
        RAISE integrity_constraint_violation
          USING MESSAGE = 'the answer to a quote stays as it is (rules W3, P4)';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER keep_quote BEFORE UPDATE OR DELETE ON quote FOR EACH ROW EXECUTE FUNCTION keep_quote()",
    # LIKE 'abc%' uses an index only with this operator class, whatever the database's collation.
    "CREATE INDEX salon_name_prefix ON salon (search_name varchar_pattern_ops)",
    "CREATE INDEX customer_name_prefix ON customer (search_name varchar_pattern_ops)",
    "CREATE INDEX device_serial_prefix ON device (serial varchar_pattern_ops)",
)


def statements(database: Database) -> list[str]:
    """Return the SQL that makes all tables, indexes and triggers on this engine."""
    made: list[str] = []
    for table in TABLES:
        schema = table._schema  # type: ignore[union-attr]
        made.append(_plain(schema._create_table(safe=False)))
        made.extend(_plain(index) for index in schema._create_indexes(safe=False))
    extras = SQLITE if isinstance(database, SqliteDatabase) else POSTGRESQL
    return made + [" ".join(text.split()) for text in extras]


def create_all(database: Database) -> None:
    """Make everything at once, as the models say; the migrations must arrive at the same."""
    for statement in statements(database):
        database.execute_sql(statement)


def _plain(context) -> str:
    sql, parameters = context.query()
    if parameters:
        raise ValueError(f"a table definition with parameters: {sql}")
    return sql
