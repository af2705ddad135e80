ALTER TABLE "substitute_link" ADD COLUMN "read_out_at" TEXT;;

ALTER TABLE "substitute_link" ADD COLUMN "loaded_at" TEXT;;

ALTER TABLE "substitute_link" ADD COLUMN "read_out_failed_at" TEXT;;

ALTER TABLE "substitute_link" ADD COLUMN "read_out_problem" TEXT NOT NULL DEFAULT '';;

ALTER TABLE "substitute_link" ADD COLUMN "provider" VARCHAR(10) NOT NULL DEFAULT 'by_hand';;

ALTER TABLE "substitute_link" ADD COLUMN "till_id" VARCHAR(100) NOT NULL DEFAULT '';;

ALTER TABLE "substitute_link" ADD COLUMN "till_wanted" VARCHAR(10) NOT NULL DEFAULT 'none';;

ALTER TABLE "substitute_link" ADD COLUMN "till_confirmed" VARCHAR(10) NOT NULL DEFAULT 'none';;

ALTER TABLE "substitute_link" ADD COLUMN "till_confirmed_at" TEXT;;

ALTER TABLE "substitute_link" ADD COLUMN "till_problem" TEXT NOT NULL DEFAULT '';;

ALTER TABLE "substitute_link" ADD COLUMN "warn_at" TEXT;;

ALTER TABLE "substitute_link" ADD COLUMN "warned_days" INTEGER;;

ALTER TABLE "substitute_link" ADD COLUMN "renewed_at" TEXT;;

ALTER TABLE "letter" ADD COLUMN "channel" VARCHAR(10) NOT NULL DEFAULT 'mail';;

ALTER TABLE "letter" ADD COLUMN "lane" VARCHAR(60);;

ALTER TABLE "device" ADD COLUMN "last_backup_at" TEXT;;

CREATE INDEX "substitute_link_warn_at" ON "substitute_link" ("warn_at");;

CREATE INDEX "letter_channel_due_at_id" ON "letter" ("channel", "due_at", "id");;

CREATE INDEX "letter_lane_due_at" ON "letter" ("lane", "due_at");;

CREATE TABLE "api_key" ("id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(80) NOT NULL, "prefix" VARCHAR(12) NOT NULL, "key_hash" VARCHAR(64) NOT NULL, "scopes" TEXT NOT NULL, "created_at" TEXT NOT NULL, "created_by_id" INTEGER, "last_used_at" TEXT, "revoked_at" TEXT, "revoked_by_id" INTEGER, FOREIGN KEY ("created_by_id") REFERENCES "account" ("id") ON DELETE SET NULL, FOREIGN KEY ("revoked_by_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE UNIQUE INDEX "api_key_key_hash" ON "api_key" ("key_hash");;

CREATE INDEX "api_key_created_by_id" ON "api_key" ("created_by_id");;

CREATE INDEX "api_key_revoked_by_id" ON "api_key" ("revoked_by_id");;

CREATE TABLE "hook" ("id" INTEGER NOT NULL PRIMARY KEY, "url" VARCHAR(500) NOT NULL, "topics" TEXT NOT NULL, "generation" INTEGER NOT NULL, "created_at" TEXT NOT NULL, "created_by_id" INTEGER, "ended_at" TEXT, "ended_why" VARCHAR(300) NOT NULL, FOREIGN KEY ("created_by_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "hook_created_by_id" ON "hook" ("created_by_id");;

CREATE TABLE "step_time" ("id" INTEGER NOT NULL PRIMARY KEY, "state" VARCHAR(30) NOT NULL, "median_seconds" INTEGER NOT NULL, "cases" INTEGER NOT NULL, "measured_at" TEXT NOT NULL);;

CREATE UNIQUE INDEX "step_time_state" ON "step_time" ("state");;

CREATE TABLE "commissioning_tick" ("id" INTEGER NOT NULL PRIMARY KEY, "case_id" INTEGER NOT NULL, "item" VARCHAR(20) NOT NULL, "at" TEXT NOT NULL, "account_id" INTEGER, FOREIGN KEY ("case_id") REFERENCES "case" ("id") ON DELETE RESTRICT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "commissioning_tick_case_id" ON "commissioning_tick" ("case_id");;

CREATE INDEX "commissioning_tick_account_id" ON "commissioning_tick" ("account_id");;

CREATE UNIQUE INDEX "commissioning_tick_case_id_item" ON "commissioning_tick" ("case_id", "item");;

UPDATE letter SET lane = 'case:' || case_id || ':' || account_id WHERE case_id IS NOT NULL AND account_id IS NOT NULL;;

UPDATE substitute_link SET till_wanted = CASE mode WHEN 'full' THEN 'open' ELSE 'locked' END, till_confirmed = CASE mode WHEN 'full' THEN 'open' ELSE 'locked' END, till_confirmed_at = activated_at, warn_at = activated_at WHERE state = 'active';;

UPDATE substitute_link SET till_wanted = 'gone', till_confirmed = 'gone', till_confirmed_at = ended_at WHERE state = 'ended' AND activated_at IS NOT NULL;;

CREATE TRIGGER link_moves_forward BEFORE UPDATE ON substitute_link WHEN (OLD.state = 'active' AND NEW.state NOT IN ('active', 'ended')) OR (OLD.state = 'granted' AND NEW.state NOT IN ('granted', 'active', 'ended')) BEGIN SELECT RAISE(ABORT, 'a link never goes back (rule L3)'); END;;

CREATE TRIGGER link_lock_needs_read_out BEFORE UPDATE ON substitute_link WHEN (NEW.lock_lifted_at IS NOT NULL AND (NEW.read_out_at IS NULL OR NEW.loaded_at IS NULL)) OR (OLD.lock_lifted_at IS NOT NULL AND NEW.lock_lifted_at IS NOT OLD.lock_lifted_at) OR (OLD.mode = 'view_only' AND NEW.mode = 'full' AND NEW.lock_lifted_at IS NULL) BEGIN SELECT RAISE(ABORT, 'the lock is lifted once, after read-out and loading (rule L6)'); END;;

CREATE TRIGGER link_lock_needs_read_out_at_once BEFORE INSERT ON substitute_link WHEN NEW.lock_lifted_at IS NOT NULL AND (NEW.read_out_at IS NULL OR NEW.loaded_at IS NULL) BEGIN SELECT RAISE(ABORT, 'the lock is lifted once, after read-out and loading (rule L6)'); END;;
