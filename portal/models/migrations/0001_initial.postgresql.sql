CREATE TABLE "operator" ("id" SERIAL NOT NULL PRIMARY KEY, "brand" VARCHAR(40) NOT NULL, "company" VARCHAR(120) NOT NULL, "person" VARCHAR(80) NOT NULL, "street" VARCHAR(100) NOT NULL, "postal_code" VARCHAR(10) NOT NULL, "city" VARCHAR(80) NOT NULL, "country" VARCHAR(2) NOT NULL, "phone" VARCHAR(20) NOT NULL, "email" VARCHAR(254) NOT NULL, "support_hours" VARCHAR(200) NOT NULL, "helpdesk_url" VARCHAR(300) NOT NULL, "upload_name" VARCHAR(60) NOT NULL, "imprint_text" TEXT NOT NULL, "imprint_on" DATE, "privacy_text" TEXT NOT NULL, "privacy_on" DATE, "accessibility_text" TEXT NOT NULL, "accessibility_on" DATE, "release_days" INTEGER NOT NULL, "third_party_fee_cents" INTEGER, "training_fee_cents" INTEGER, "inspection_fee_cents" INTEGER);;

CREATE TABLE "counter" ("id" SERIAL NOT NULL PRIMARY KEY, "year" INTEGER NOT NULL, "last" INTEGER NOT NULL);;

CREATE UNIQUE INDEX "counter_year" ON "counter" ("year");;

CREATE TABLE "round" ("id" SERIAL NOT NULL PRIMARY KEY, "name" VARCHAR(20) NOT NULL, "at" TIMESTAMPTZ NOT NULL);;

CREATE UNIQUE INDEX "round_name" ON "round" ("name");;

CREATE TABLE "customer" ("id" SERIAL NOT NULL PRIMARY KEY, "number" VARCHAR(20) NOT NULL, "name" VARCHAR(120) NOT NULL, "search_name" VARCHAR(160) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL);;

CREATE UNIQUE INDEX "customer_number" ON "customer" ("number");;

CREATE INDEX "customer_search_name" ON "customer" ("search_name");;

CREATE TABLE "salon" ("id" SERIAL NOT NULL PRIMARY KEY, "customer_id" INTEGER NOT NULL, "name" VARCHAR(120) NOT NULL, "search_name" VARCHAR(160) NOT NULL, "street" VARCHAR(100) NOT NULL, "postal_code" VARCHAR(10) NOT NULL, "city" VARCHAR(80) NOT NULL, "country" VARCHAR(2) NOT NULL, "phone" VARCHAR(20) NOT NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE RESTRICT);;

CREATE INDEX "salon_customer_id" ON "salon" ("customer_id");;

CREATE INDEX "salon_search_name" ON "salon" ("search_name");;

CREATE INDEX "salon_phone" ON "salon" ("phone");;

CREATE TABLE "account" ("id" SERIAL NOT NULL PRIMARY KEY, "email" VARCHAR(254) NOT NULL, "name" VARCHAR(120) NOT NULL, "role" VARCHAR(20) NOT NULL, "customer_id" INTEGER, "password_hash" VARCHAR(255), "language" VARCHAR(5) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "closed_at" TIMESTAMPTZ, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE RESTRICT);;

CREATE UNIQUE INDEX "account_email" ON "account" ("email");;

CREATE INDEX "account_customer_id" ON "account" ("customer_id");;

CREATE TABLE "sign_in" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER NOT NULL, "token_hash" VARCHAR(64) NOT NULL, "device" VARCHAR(200) NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "ended_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE INDEX "sign_in_account_id" ON "sign_in" ("account_id");;

CREATE UNIQUE INDEX "sign_in_token_hash" ON "sign_in" ("token_hash");;

CREATE TABLE "device" ("id" SERIAL NOT NULL PRIMARY KEY, "salon_id" INTEGER NOT NULL, "name" VARCHAR(80) NOT NULL, "serial" VARCHAR(60), "purchased_on" DATE, "purchased_in" VARCHAR(7), "delivered_on" DATE, "origin" VARCHAR(20) NOT NULL, "tse_in_server" BOOLEAN, "tse_serial" VARCHAR(64), "backup_booked" BOOLEAN, "created_at" TIMESTAMPTZ NOT NULL, FOREIGN KEY ("salon_id") REFERENCES "salon" ("id") ON DELETE RESTRICT);;

CREATE INDEX "device_salon_id" ON "device" ("salon_id");;

CREATE UNIQUE INDEX "device_serial" ON "device" ("serial");;

CREATE TABLE "draft" ("id" SERIAL NOT NULL PRIMARY KEY, "key_hash" VARCHAR(64) NOT NULL, "account_id" INTEGER, "answers" JSONB NOT NULL, "revision" INTEGER NOT NULL, "started_at" TIMESTAMPTZ NOT NULL, "changed_at" TIMESTAMPTZ NOT NULL, "sent_at" TIMESTAMPTZ, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE UNIQUE INDEX "draft_key_hash" ON "draft" ("key_hash");;

CREATE INDEX "draft_account_id" ON "draft" ("account_id");;

CREATE INDEX "draft_changed_at" ON "draft" ("changed_at");;

CREATE TABLE "case" ("id" SERIAL NOT NULL PRIMARY KEY, "number" VARCHAR(10) NOT NULL, "customer_id" INTEGER, "salon_id" INTEGER, "device_id" INTEGER, "reporter_id" INTEGER, "draft_id" INTEGER, "language" VARCHAR(5) NOT NULL, "state" VARCHAR(30) NOT NULL, "state_since" TIMESTAMPTZ NOT NULL, "revision" INTEGER NOT NULL, "topic" VARCHAR(20) NOT NULL, "outcome" VARCHAR(20) NOT NULL, "holds" JSONB NOT NULL, "estimate" VARCHAR(20) NOT NULL, "estimated_on" DATE NOT NULL, "answers" JSONB NOT NULL, "fault" TEXT NOT NULL, "on_screen" TEXT NOT NULL, "fault_since" DATE, "last_online_at" TIMESTAMPTZ, "uploaded_at" TIMESTAMPTZ, "entered_since" BOOLEAN, "contact_name" VARCHAR(120) NOT NULL, "contact_phone" VARCHAR(20) NOT NULL, "return_name" VARCHAR(120) NOT NULL, "return_street" VARCHAR(100) NOT NULL, "return_postal_code" VARCHAR(10) NOT NULL, "return_city" VARCHAR(80) NOT NULL, "return_country" VARCHAR(2) NOT NULL, "reported_at" TIMESTAMPTZ NOT NULL, "released_at" TIMESTAMPTZ, "valid_until" TIMESTAMPTZ, "carrier" VARCHAR(10), "tracking_number" VARCHAR(60) NOT NULL, "sent_at" TIMESTAMPTZ, "received_at" TIMESTAMPTZ, "answered_at" TIMESTAMPTZ, "harm" INTEGER, "harm_since" TIMESTAMPTZ, "reassess_at" TIMESTAMPTZ, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE RESTRICT, FOREIGN KEY ("salon_id") REFERENCES "salon" ("id") ON DELETE RESTRICT, FOREIGN KEY ("device_id") REFERENCES "device" ("id") ON DELETE RESTRICT, FOREIGN KEY ("reporter_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("draft_id") REFERENCES "draft" ("id") ON DELETE SET NULL);;

CREATE UNIQUE INDEX "case_number" ON "case" ("number");;

CREATE INDEX "case_customer_id" ON "case" ("customer_id");;

CREATE INDEX "case_salon_id" ON "case" ("salon_id");;

CREATE INDEX "case_device_id" ON "case" ("device_id");;

CREATE INDEX "case_reporter_id" ON "case" ("reporter_id");;

CREATE UNIQUE INDEX "case_draft_id" ON "case" ("draft_id");;

CREATE INDEX "case_contact_phone" ON "case" ("contact_phone");;

CREATE INDEX "case_reassess_at" ON "case" ("reassess_at");;

CREATE INDEX "case_harm_harm_since_id" ON "case" ("harm", "harm_since", "id");;

CREATE INDEX "case_state_id" ON "case" ("state", "id");;

CREATE INDEX "case_customer_id_id" ON "case" ("customer_id", "id");;

CREATE TABLE "substitute_link" ("id" SERIAL NOT NULL PRIMARY KEY, "customer_id" INTEGER NOT NULL, "device_id" INTEGER NOT NULL, "open_device" INTEGER, "case_id" INTEGER, "requester_id" INTEGER, "reason" VARCHAR(20) NOT NULL, "reason_text" TEXT NOT NULL, "requested_at" TIMESTAMPTZ NOT NULL, "revision" INTEGER NOT NULL, "state" VARCHAR(20) NOT NULL, "mode" VARCHAR(20), "ending" VARCHAR(20), "backup_booked" BOOLEAN, "last_online_at" TIMESTAMPTZ, "uploaded_at" TIMESTAMPTZ, "entered_since" BOOLEAN, "expected" VARCHAR(20) NOT NULL, "backup_at" TIMESTAMPTZ, "reasons" JSONB NOT NULL, "real_backup_at" TIMESTAMPTZ, "complete" BOOLEAN, "corrected_why" TEXT NOT NULL, "decided_at" TIMESTAMPTZ, "decided_by_id" INTEGER, "refusal" TEXT NOT NULL, "activated_at" TIMESTAMPTZ, "ends_at" TIMESTAMPTZ, "days" INTEGER, "lock_lifted_at" TIMESTAMPTZ, "ended_at" TIMESTAMPTZ, "till_address" VARCHAR(500) NOT NULL, "generation" INTEGER NOT NULL, "token_hash" VARCHAR(64), "opened_count" INTEGER NOT NULL, "last_opened_at" TIMESTAMPTZ, "harm" INTEGER, "harm_since" TIMESTAMPTZ, "reassess_at" TIMESTAMPTZ, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE RESTRICT, FOREIGN KEY ("device_id") REFERENCES "device" ("id") ON DELETE RESTRICT, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("requester_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("decided_by_id") REFERENCES "account" ("id") ON DELETE SET NULL, CHECK ((open_device IS NULL) = (state IN ('ended', 'refused'))), CHECK (open_device IS NULL OR open_device = device_id), CHECK (days IS NULL OR (days BETWEEN 1 AND 30)), CHECK (state <> 'active' OR (activated_at IS NOT NULL AND ends_at IS NOT NULL AND ends_at > activated_at AND mode IS NOT NULL AND days IS NOT NULL)), CHECK (state <> 'ended' OR (ended_at IS NOT NULL AND ending IS NOT NULL)), CHECK (mode IS NULL OR mode <> 'full' OR complete IS TRUE OR lock_lifted_at IS NOT NULL));;

CREATE INDEX "substitute_link_customer_id" ON "substitute_link" ("customer_id");;

CREATE INDEX "substitute_link_device_id" ON "substitute_link" ("device_id");;

CREATE UNIQUE INDEX "substitute_link_open_device" ON "substitute_link" ("open_device");;

CREATE INDEX "substitute_link_case_id" ON "substitute_link" ("case_id");;

CREATE INDEX "substitute_link_requester_id" ON "substitute_link" ("requester_id");;

CREATE INDEX "substitute_link_decided_by_id" ON "substitute_link" ("decided_by_id");;

CREATE UNIQUE INDEX "substitute_link_token_hash" ON "substitute_link" ("token_hash");;

CREATE INDEX "substitute_link_reassess_at" ON "substitute_link" ("reassess_at");;

CREATE INDEX "substitute_link_harm_harm_since_id" ON "substitute_link" ("harm", "harm_since", "id");;

CREATE INDEX "substitute_link_device_id_id" ON "substitute_link" ("device_id", "id");;

CREATE INDEX "substitute_link_customer_id_id" ON "substitute_link" ("customer_id", "id");;

CREATE INDEX "substitute_link_state_ends_at_id" ON "substitute_link" ("state", "ends_at", "id");;

CREATE TABLE "history" ("id" SERIAL NOT NULL PRIMARY KEY, "at" TIMESTAMPTZ NOT NULL, "account_id" INTEGER, "case_id" INTEGER, "link_id" INTEGER, "what" VARCHAR(40) NOT NULL, "source" VARCHAR(30) NOT NULL, "target" VARCHAR(30) NOT NULL, "why" TEXT NOT NULL, "facts" JSONB NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE RESTRICT, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("link_id") REFERENCES "substitute_link" ("id") ON DELETE RESTRICT);;

CREATE INDEX "history_account_id" ON "history" ("account_id");;

CREATE INDEX "history_case_id" ON "history" ("case_id");;

CREATE INDEX "history_link_id" ON "history" ("link_id");;

CREATE TABLE "consent" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER, "case_id" INTEGER, "link_id" INTEGER, "kind" VARCHAR(40) NOT NULL, "wording" TEXT NOT NULL, "version" VARCHAR(20) NOT NULL, "language" VARCHAR(5) NOT NULL, "amount_cents" INTEGER, "at" TIMESTAMPTZ NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("link_id") REFERENCES "substitute_link" ("id") ON DELETE RESTRICT);;

CREATE INDEX "consent_account_id" ON "consent" ("account_id");;

CREATE INDEX "consent_case_id" ON "consent" ("case_id");;

CREATE INDEX "consent_link_id" ON "consent" ("link_id");;

CREATE TABLE "letter" ("id" SERIAL NOT NULL PRIMARY KEY, "event" VARCHAR(40) NOT NULL, "event_key" VARCHAR(120) NOT NULL, "message_id" VARCHAR(120) NOT NULL, "account_id" INTEGER, "case_id" INTEGER, "recipient" VARCHAR(254) NOT NULL, "language" VARCHAR(5) NOT NULL, "context" JSONB NOT NULL, "written_at" TIMESTAMPTZ NOT NULL, "due_at" TIMESTAMPTZ, "leased_until" TIMESTAMPTZ, "tries" INTEGER NOT NULL, "sent_at" TIMESTAMPTZ, "gave_up_at" TIMESTAMPTZ, "last_error" TEXT NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT);;

CREATE UNIQUE INDEX "letter_event_key" ON "letter" ("event_key");;

CREATE UNIQUE INDEX "letter_message_id" ON "letter" ("message_id");;

CREATE INDEX "letter_account_id" ON "letter" ("account_id");;

CREATE INDEX "letter_case_id" ON "letter" ("case_id");;

CREATE INDEX "letter_due_at" ON "letter" ("due_at");;

CREATE INDEX "letter_gave_up_at" ON "letter" ("gave_up_at");;

CREATE TABLE "message" ("id" SERIAL NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "account_id" INTEGER, "text" TEXT NOT NULL, "internal" BOOLEAN NOT NULL, "at" TIMESTAMPTZ NOT NULL, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "message_case_id" ON "message" ("case_id");;

CREATE INDEX "message_account_id" ON "message" ("account_id");;

CREATE TABLE "attachment" ("id" SERIAL NOT NULL PRIMARY KEY, "draft_id" INTEGER, "case_id" INTEGER, "name" VARCHAR(64) NOT NULL, "width" INTEGER NOT NULL, "height" INTEGER NOT NULL, "size" INTEGER NOT NULL, "at" TIMESTAMPTZ NOT NULL, FOREIGN KEY ("draft_id") REFERENCES "draft" ("id") ON DELETE SET NULL, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT);;

CREATE INDEX "attachment_draft_id" ON "attachment" ("draft_id");;

CREATE INDEX "attachment_case_id" ON "attachment" ("case_id");;

CREATE UNIQUE INDEX "attachment_name" ON "attachment" ("name");;

CREATE FUNCTION keep_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('ended', 'refused') AND (NEW.state <> OLD.state OR NEW.open_device IS NOT NULL) THEN RAISE integrity_constraint_violation USING MESSAGE = 'an ended link stays ended (rule L3)'; END IF; IF (OLD.ends_at IS NOT NULL AND NEW.ends_at IS DISTINCT FROM OLD.ends_at) OR (OLD.activated_at IS NOT NULL AND NEW.activated_at IS DISTINCT FROM OLD.activated_at) THEN RAISE integrity_constraint_violation USING MESSAGE = 'the end of a link is fixed (rules L2, L6)'; END IF; RETURN NEW; END $$;;

CREATE TRIGGER keep_link BEFORE UPDATE ON substitute_link FOR EACH ROW EXECUTE FUNCTION keep_link();;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'rows of ' || TG_TABLE_NAME || ' stay as they are (rules L3, S)'; END $$;;

CREATE TRIGGER history_is_kept BEFORE UPDATE OR DELETE ON history FOR EACH ROW EXECUTE FUNCTION refuse();;

ALTER TABLE substitute_link ADD CONSTRAINT link_is_not_too_long CHECK (ends_at <= activated_at + INTERVAL '720 hours');;

CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON history EXECUTE FUNCTION refuse();;

CREATE TRIGGER link_is_not_deleted BEFORE DELETE ON substitute_link FOR EACH ROW EXECUTE FUNCTION refuse();;

CREATE INDEX salon_name_prefix ON salon (search_name varchar_pattern_ops);;

CREATE INDEX customer_name_prefix ON customer (search_name varchar_pattern_ops);;

CREATE INDEX device_serial_prefix ON device (serial varchar_pattern_ops);;
