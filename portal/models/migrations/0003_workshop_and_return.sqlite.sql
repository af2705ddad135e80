ALTER TABLE "case" ADD COLUMN "decision" VARCHAR(20);;

ALTER TABLE "case" ADD COLUMN "decided_at" TEXT;;

ALTER TABLE "case" ADD COLUMN "diagnosis" TEXT NOT NULL DEFAULT '';;

ALTER TABLE "case" ADD COLUMN "storage_place" VARCHAR(40) NOT NULL DEFAULT '';;

ALTER TABLE "case" ADD COLUMN "read_out_at" TEXT;;

ALTER TABLE "case" ADD COLUMN "final_cents" INTEGER;;

ALTER TABLE "case" ADD COLUMN "return_carrier" VARCHAR(10);;

ALTER TABLE "case" ADD COLUMN "return_tracking" VARCHAR(60) NOT NULL DEFAULT '';;

ALTER TABLE "case" ADD COLUMN "dispatched_at" TEXT;;

ALTER TABLE "case" ADD COLUMN "delivered_at" TEXT;;

ALTER TABLE "case" ADD COLUMN "remind_at" TEXT;;

ALTER TABLE "case" ADD COLUMN "reminded_at" TEXT;;

ALTER TABLE "salon" ADD COLUMN "hours" TEXT;;

ALTER TABLE "attachment" ADD COLUMN "kind" VARCHAR(10) NOT NULL DEFAULT 'fault';;

ALTER TABLE "operator" ADD COLUMN "quote_days" INTEGER NOT NULL DEFAULT 14;;

ALTER TABLE "operator" ADD COLUMN "vat_percent" INTEGER NOT NULL DEFAULT 19;;

ALTER TABLE "operator" ADD COLUMN "overdue_days" INTEGER NOT NULL DEFAULT 7;;

ALTER TABLE "operator" ADD COLUMN "quote_terms" TEXT NOT NULL DEFAULT '';;

ALTER TABLE "operator" ADD COLUMN "quote_terms_on" DATE;;

CREATE INDEX "case_remind_at" ON "case" ("remind_at");;

CREATE TABLE "parcel_item" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "part" VARCHAR(20) NOT NULL, "name" VARCHAR(80) NOT NULL, "arrival" VARCHAR(20) NOT NULL, "at" TEXT NOT NULL, "account_id" INTEGER, "arrived_at" TEXT, "waived_why" TEXT NOT NULL, "serial" VARCHAR(80) NOT NULL, "tse_serial" VARCHAR(64) NOT NULL, "bsi_number" VARCHAR(20) NOT NULL, "departure" VARCHAR(20), "departed_at" TEXT, "departure_why" TEXT NOT NULL, "disposal_asked_at" TEXT, "consent_id" INTEGER, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("consent_id") REFERENCES "consent" ("id") ON DELETE RESTRICT);;

CREATE INDEX "parcel_item_case_id" ON "parcel_item" ("case_id");;

CREATE INDEX "parcel_item_account_id" ON "parcel_item" ("account_id");;

CREATE INDEX "parcel_item_consent_id" ON "parcel_item" ("consent_id");;

CREATE TABLE "swap" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "part" VARCHAR(20) NOT NULL, "name" VARCHAR(80) NOT NULL, "old_serial" VARCHAR(80) NOT NULL, "new_serial" VARCHAR(80) NOT NULL, "old_bsi_number" VARCHAR(20) NOT NULL, "new_bsi_number" VARCHAR(20) NOT NULL, "out_of_service_on" DATE, "in_service_on" DATE, "old_item_id" INTEGER, "new_item_id" INTEGER, "at" TEXT NOT NULL, "account_id" INTEGER, "withdrawn_at" TEXT, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("old_item_id") REFERENCES "parcel_item" ("id") ON DELETE RESTRICT, FOREIGN KEY ("new_item_id") REFERENCES "parcel_item" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "swap_case_id" ON "swap" ("case_id");;

CREATE INDEX "swap_old_item_id" ON "swap" ("old_item_id");;

CREATE INDEX "swap_new_item_id" ON "swap" ("new_item_id");;

CREATE INDEX "swap_account_id" ON "swap" ("account_id");;

CREATE TABLE "quote" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "number" INTEGER NOT NULL, "state" VARCHAR(20) NOT NULL, "draft_of" INTEGER, "open_of" INTEGER, "revision" INTEGER NOT NULL, "introduction" TEXT NOT NULL, "positions" TEXT NOT NULL, "vat_percent" INTEGER NOT NULL, "days" INTEGER NOT NULL, "created_at" TEXT NOT NULL, "account_id" INTEGER, "sent_at" TEXT, "valid_until" TEXT, "net_cents" INTEGER, "total_cents" INTEGER, "frozen" TEXT, "decided_at" TEXT, "decided_by_id" INTEGER, "consent_id" INTEGER, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("decided_by_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("consent_id") REFERENCES "consent" ("id") ON DELETE RESTRICT, CHECK ((draft_of IS NOT NULL) = (state = 'draft')), CHECK ((open_of IS NOT NULL) = (state = 'sent')), CHECK (draft_of IS NULL OR draft_of = case_id), CHECK (open_of IS NULL OR open_of = case_id), CHECK (state = 'draft' OR (sent_at IS NOT NULL AND valid_until IS NOT NULL AND total_cents >= 0)), CHECK (state <> 'accepted' OR (consent_id IS NOT NULL AND decided_at IS NOT NULL)));;

CREATE INDEX "quote_case_id" ON "quote" ("case_id");;

CREATE UNIQUE INDEX "quote_draft_of" ON "quote" ("draft_of");;

CREATE UNIQUE INDEX "quote_open_of" ON "quote" ("open_of");;

CREATE INDEX "quote_account_id" ON "quote" ("account_id");;

CREATE INDEX "quote_decided_by_id" ON "quote" ("decided_by_id");;

CREATE INDEX "quote_consent_id" ON "quote" ("consent_id");;

CREATE UNIQUE INDEX "quote_case_id_number" ON "quote" ("case_id", "number");;

CREATE TABLE "calendar_kind" ("id" INTEGER NOT NULL PRIMARY KEY, "kind" VARCHAR(20) NOT NULL, "is_offered" INTEGER NOT NULL, "minutes" INTEGER NOT NULL, "capacity" INTEGER NOT NULL, "notice_hours" INTEGER NOT NULL, "change_hours" INTEGER NOT NULL, "ahead_days" INTEGER NOT NULL, "revision" INTEGER NOT NULL);;

CREATE UNIQUE INDEX "calendar_kind_kind" ON "calendar_kind" ("kind");;

CREATE TABLE "weekly_hours" ("id" INTEGER NOT NULL PRIMARY KEY, "kind" VARCHAR(20) NOT NULL, "weekday" INTEGER NOT NULL, "opens" INTEGER NOT NULL, "closes" INTEGER NOT NULL);;

CREATE UNIQUE INDEX "weekly_hours_kind_weekday_opens" ON "weekly_hours" ("kind", "weekday", "opens");;

CREATE TABLE "holiday" ("id" INTEGER NOT NULL PRIMARY KEY, "day" DATE NOT NULL, "name" VARCHAR(80) NOT NULL);;

CREATE UNIQUE INDEX "holiday_day" ON "holiday" ("day");;

CREATE TABLE "appointment" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "kind" VARCHAR(20) NOT NULL, "state" VARCHAR(20) NOT NULL, "starts_at" TEXT NOT NULL, "ends_at" TEXT NOT NULL, "open_key" VARCHAR(40), "uid" VARCHAR(80) NOT NULL, "sequence" INTEGER NOT NULL, "note" TEXT NOT NULL, "booked_at" TEXT NOT NULL, "account_id" INTEGER, "changed_at" TEXT NOT NULL, "ended_at" TEXT, "ended_why" TEXT NOT NULL, "remind_at" TEXT, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, CHECK ((open_key IS NOT NULL) = (state = 'booked')), CHECK (ends_at > starts_at));;

CREATE INDEX "appointment_case_id" ON "appointment" ("case_id");;

CREATE UNIQUE INDEX "appointment_open_key" ON "appointment" ("open_key");;

CREATE UNIQUE INDEX "appointment_uid" ON "appointment" ("uid");;

CREATE INDEX "appointment_account_id" ON "appointment" ("account_id");;

CREATE INDEX "appointment_remind_at" ON "appointment" ("remind_at");;

CREATE INDEX "appointment_starts_at_id" ON "appointment" ("starts_at", "id");;

CREATE TABLE "seat" ("id" INTEGER NOT NULL PRIMARY KEY, "appointment_id" INTEGER NOT NULL, "kind" VARCHAR(20) NOT NULL, "at" TEXT NOT NULL, "place" INTEGER NOT NULL, FOREIGN KEY ("appointment_id") REFERENCES "appointment" ("id") ON DELETE CASCADE);;

CREATE INDEX "seat_appointment_id" ON "seat" ("appointment_id");;

CREATE UNIQUE INDEX "seat_kind_at_place" ON "seat" ("kind", "at", "place");;

CREATE TABLE "feedback" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "score" INTEGER NOT NULL, "text" TEXT NOT NULL, "at" TEXT NOT NULL, "account_id" INTEGER, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, CHECK (score BETWEEN 1 AND 5));;

CREATE UNIQUE INDEX "feedback_case_id" ON "feedback" ("case_id");;

CREATE INDEX "feedback_account_id" ON "feedback" ("account_id");;

CREATE TABLE "outage_line" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER, "link_id" INTEGER, "happened_at" TEXT NOT NULL, "text" TEXT NOT NULL, "at" TEXT NOT NULL, "account_id" INTEGER, "withdrawn_at" TEXT, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("link_id") REFERENCES "substitute_link" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL, CHECK ((case_id IS NULL) <> (link_id IS NULL)));;

CREATE INDEX "outage_line_case_id" ON "outage_line" ("case_id");;

CREATE INDEX "outage_line_link_id" ON "outage_line" ("link_id");;

CREATE INDEX "outage_line_account_id" ON "outage_line" ("account_id");;

CREATE TRIGGER quote_stays_as_sent BEFORE UPDATE ON quote WHEN OLD.state <> 'draft' AND (NEW.frozen IS NOT OLD.frozen OR NEW.total_cents IS NOT OLD.total_cents OR NEW.positions IS NOT OLD.positions OR NEW.valid_until IS NOT OLD.valid_until OR NEW.case_id IS NOT OLD.case_id OR NEW.sent_at IS NOT OLD.sent_at) BEGIN SELECT RAISE(ABORT, 'a quote stays as it was sent (rules W3, P4)'); END;;

CREATE TRIGGER quote_answer_is_kept BEFORE UPDATE ON quote WHEN (OLD.state IN ('accepted', 'declined', 'lapsed') AND (NEW.state <> OLD.state OR NEW.consent_id IS NOT OLD.consent_id)) OR (OLD.state = 'sent' AND NEW.state = 'draft') BEGIN SELECT RAISE(ABORT, 'the answer to a quote stays as it is (rules W3, P4)'); END;;

CREATE TRIGGER quote_is_not_deleted BEFORE DELETE ON quote WHEN OLD.state <> 'draft' BEGIN SELECT RAISE(ABORT, 'a quote that was sent is never erased (rules W3, P4)'); END;;

CREATE TRIGGER quote_is_not_replaced BEFORE INSERT ON quote WHEN EXISTS (SELECT 1 FROM quote WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'a quote that was sent is never erased (rules W3, P4)'); END;;
