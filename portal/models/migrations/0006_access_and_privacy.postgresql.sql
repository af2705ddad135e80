ALTER TABLE "sign_in" ADD COLUMN "second_factor_at" TIMESTAMPTZ;;

ALTER TABLE "sign_in" ADD COLUMN "confirmed_at" TIMESTAMPTZ;;

ALTER TABLE "account" ADD COLUMN "anonymised_at" TIMESTAMPTZ;;

ALTER TABLE "history" ADD COLUMN "address" VARCHAR(45) NOT NULL DEFAULT '';;

ALTER TABLE "history" ADD COLUMN "about" VARCHAR(40);;

ALTER TABLE "history" ADD COLUMN "erased_at" TIMESTAMPTZ;;

ALTER TABLE "case" ADD COLUMN "keep_until" DATE;;

ALTER TABLE "case" ADD COLUMN "erased_at" TIMESTAMPTZ;;

ALTER TABLE "customer" ADD COLUMN "locked_at" TIMESTAMPTZ;;

ALTER TABLE "attachment" ADD COLUMN "blackened_at" TIMESTAMPTZ;;

ALTER TABLE "attachment" ADD COLUMN "removed_at" TIMESTAMPTZ;;

ALTER TABLE "operator" ADD COLUMN "logo" VARCHAR(64) NOT NULL DEFAULT '';;

ALTER TABLE "operator" ADD COLUMN "target_days" JSONB NOT NULL DEFAULT '{}';;

ALTER TABLE "operator" ADD COLUMN "retention_years" JSONB NOT NULL DEFAULT '{}';;

CREATE INDEX "history_about" ON "history" ("about");;

CREATE INDEX "case_keep_until" ON "case" ("keep_until");;

CREATE TABLE "passkey" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "credential_id" VARCHAR(1400) NOT NULL, "public_key" TEXT NOT NULL, "user_handle" VARCHAR(100) NOT NULL, "sign_count" BIGINT NOT NULL, "transports" JSONB NOT NULL, "name" VARCHAR(60) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "last_used_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE INDEX "passkey_account_id" ON "passkey" ("account_id");;

CREATE UNIQUE INDEX "passkey_credential_id" ON "passkey" ("credential_id");;

CREATE TABLE "authenticator" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "secret" TEXT NOT NULL, "last_step" BIGINT NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "confirmed_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE UNIQUE INDEX "authenticator_account_id" ON "authenticator" ("account_id");;

CREATE TABLE "recovery_code" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "code_hash" VARCHAR(64) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "used_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE INDEX "recovery_code_account_id" ON "recovery_code" ("account_id");;

CREATE UNIQUE INDEX "recovery_code_account_id_code_hash" ON "recovery_code" ("account_id", "code_hash");;

CREATE TABLE "challenge" ("id" SERIAL NOT NULL PRIMARY KEY, "challenge_hash" VARCHAR(64) NOT NULL, "account_id" INTEGER, "purpose" VARCHAR(20) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "expires_at" TIMESTAMPTZ NOT NULL, "used_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE UNIQUE INDEX "challenge_challenge_hash" ON "challenge" ("challenge_hash");;

CREATE INDEX "challenge_account_id" ON "challenge" ("account_id");;

CREATE INDEX "challenge_expires_at" ON "challenge" ("expires_at");;

CREATE TABLE "emergency" ("id" SERIAL NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "email" VARCHAR(254) NOT NULL, "customer_number" VARCHAR(20) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "token_hash" VARCHAR(64) NOT NULL, "generation" INTEGER NOT NULL, "renewed_at" TIMESTAMPTZ, "opened_at" TIMESTAMPTZ, "ended_at" TIMESTAMPTZ, "code_hash" VARCHAR(64) NOT NULL, "code_expires_at" TIMESTAMPTZ, "code_tries" INTEGER NOT NULL, "confirmed_at" TIMESTAMPTZ, "matched_at" TIMESTAMPTZ, "matched_by_id" INTEGER, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("matched_by_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE UNIQUE INDEX "emergency_case_id" ON "emergency" ("case_id");;

CREATE INDEX "emergency_email" ON "emergency" ("email");;

CREATE UNIQUE INDEX "emergency_token_hash" ON "emergency" ("token_hash");;

CREATE INDEX "emergency_matched_by_id" ON "emergency" ("matched_by_id");;

CREATE TABLE "registration" ("id" SERIAL NOT NULL PRIMARY KEY, "email" VARCHAR(254) NOT NULL, "name" VARCHAR(120) NOT NULL, "customer_number" VARCHAR(20) NOT NULL, "business" VARCHAR(120) NOT NULL, "phone" VARCHAR(20) NOT NULL, "language" VARCHAR(5) NOT NULL, "asked_at" TIMESTAMPTZ NOT NULL, "address" VARCHAR(45) NOT NULL, "looks_up_since" TIMESTAMPTZ, "verdict" VARCHAR(10), "decided_at" TIMESTAMPTZ, "decided_by_id" INTEGER, "customer_id" INTEGER, "account_id" INTEGER, "why" TEXT NOT NULL, FOREIGN KEY ("decided_by_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE SET NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "registration_email" ON "registration" ("email");;

CREATE INDEX "registration_looks_up_since" ON "registration" ("looks_up_since");;

CREATE INDEX "registration_decided_by_id" ON "registration" ("decided_by_id");;

CREATE INDEX "registration_customer_id" ON "registration" ("customer_id");;

CREATE INDEX "registration_account_id" ON "registration" ("account_id");;

CREATE TABLE "email_change" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "email" VARCHAR(254) NOT NULL, "old_mark" VARCHAR(43) NOT NULL, "new_mark" VARCHAR(43) NOT NULL, "asked_at" TIMESTAMPTZ NOT NULL, "expires_at" TIMESTAMPTZ NOT NULL, "old_confirmed_at" TIMESTAMPTZ, "new_confirmed_at" TIMESTAMPTZ, "ended_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE INDEX "email_change_account_id" ON "email_change" ("account_id");;

CREATE UNIQUE INDEX "email_change_old_mark" ON "email_change" ("old_mark");;

CREATE UNIQUE INDEX "email_change_new_mark" ON "email_change" ("new_mark");;

CREATE INDEX "email_change_expires_at" ON "email_change" ("expires_at");;

CREATE TABLE "seal" ("id" SERIAL NOT NULL PRIMARY KEY, "history_id" INTEGER NOT NULL, "content" VARCHAR(64) NOT NULL, "digest" VARCHAR(64) NOT NULL, FOREIGN KEY ("history_id") REFERENCES "history" ("id") ON DELETE RESTRICT);;

CREATE UNIQUE INDEX "seal_history_id" ON "seal" ("history_id");;

CREATE TABLE "takeout" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "asked_at" TIMESTAMPTZ NOT NULL, "due_at" TIMESTAMPTZ, "total" INTEGER NOT NULL, "done" INTEGER NOT NULL, "file_name" VARCHAR(64) NOT NULL, "size" BIGINT NOT NULL, "finished_at" TIMESTAMPTZ, "expires_at" TIMESTAMPTZ, "last_error" TEXT NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE INDEX "takeout_account_id" ON "takeout" ("account_id");;

CREATE INDEX "takeout_due_at" ON "takeout" ("due_at");;

CREATE INDEX "takeout_expires_at" ON "takeout" ("expires_at");;

CREATE TABLE "deletion" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER, "customer_id" INTEGER, "scope" VARCHAR(10) NOT NULL, "asked_at" TIMESTAMPTZ NOT NULL, "due_at" TIMESTAMPTZ, "withdrawn_at" TIMESTAMPTZ, "done_at" TIMESTAMPTZ, "kept" JSONB NOT NULL, "last_error" TEXT NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE SET NULL);;

CREATE INDEX "deletion_account_id" ON "deletion" ("account_id");;

CREATE INDEX "deletion_customer_id" ON "deletion" ("customer_id");;

CREATE INDEX "deletion_due_at" ON "deletion" ("due_at");;

CREATE TABLE "logo" ("id" SERIAL NOT NULL PRIMARY KEY, "digest" VARCHAR(64) NOT NULL, "content" BYTEA NOT NULL, "kind" VARCHAR(20) NOT NULL, "at" TIMESTAMPTZ NOT NULL);;

CREATE UNIQUE INDEX "logo_digest" ON "logo" ("digest");;

DROP TRIGGER history_is_kept ON history;;

CREATE TRIGGER history_is_kept BEFORE DELETE ON history FOR EACH ROW EXECUTE FUNCTION refuse();;

CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR NEW.why <> '' OR NEW.facts::text <> '{}' OR NEW.address <> '' OR NEW.id IS DISTINCT FROM OLD.id OR NEW.at IS DISTINCT FROM OLD.at OR NEW.account_id IS DISTINCT FROM OLD.account_id OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.link_id IS DISTINCT FROM OLD.link_id OR NEW.what IS DISTINCT FROM OLD.what OR NEW.source IS DISTINCT FROM OLD.source OR NEW.target IS DISTINCT FROM OLD.target OR NEW.about IS DISTINCT FROM OLD.about THEN RAISE integrity_constraint_violation USING MESSAGE = 'history is append-only (rules S, P3)'; END IF; RETURN NEW; END $$;;

CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history FOR EACH ROW EXECUTE FUNCTION keep_history();;

CREATE TRIGGER seal_is_kept BEFORE UPDATE OR DELETE ON seal FOR EACH ROW EXECUTE FUNCTION refuse();;

CREATE TRIGGER seal_is_not_emptied BEFORE TRUNCATE ON seal EXECUTE FUNCTION refuse();;

CREATE OR REPLACE FUNCTION keep_quote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'draft' THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; IF TG_OP = 'DELETE' THEN RAISE integrity_constraint_violation USING MESSAGE = 'a quote that was sent is never erased (rules W3, P4)'; END IF; IF (NEW.frozen IS DISTINCT FROM OLD.frozen AND NOT (NEW.frozen IS NULL AND EXISTS (SELECT 1 FROM "case" WHERE id = OLD.case_id AND erased_at IS NOT NULL))) OR NEW.total_cents IS DISTINCT FROM OLD.total_cents OR NEW.positions IS DISTINCT FROM OLD.positions OR NEW.valid_until IS DISTINCT FROM OLD.valid_until OR NEW.case_id IS DISTINCT FROM OLD.case_id OR NEW.sent_at IS DISTINCT FROM OLD.sent_at THEN RAISE integrity_constraint_violation USING MESSAGE = 'a quote stays as it was sent (rules W3, P4)'; END IF; IF (OLD.state <> 'sent' AND (NEW.state <> OLD.state OR NEW.consent_id IS DISTINCT FROM OLD.consent_id)) OR NEW.state = 'draft' THEN RAISE integrity_constraint_violation USING MESSAGE = 'the answer to a quote stays as it is (rules W3, P4)'; END IF; RETURN NEW; END $$;;
