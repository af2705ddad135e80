ALTER TABLE "sign_in" ADD COLUMN "last_used_at" TEXT;;

ALTER TABLE "sign_in" ADD COLUMN "address" VARCHAR(45) NOT NULL DEFAULT '';;

ALTER TABLE "sign_in" ADD COLUMN "by" VARCHAR(10) NOT NULL DEFAULT 'password';;

CREATE TABLE "throttle" ("id" INTEGER NOT NULL PRIMARY KEY, "key" VARCHAR(64) NOT NULL, "failures" INTEGER NOT NULL, "last_at" TEXT NOT NULL, "free_at" TEXT NOT NULL);;

CREATE UNIQUE INDEX "throttle_key" ON "throttle" ("key");;

CREATE INDEX "throttle_last_at" ON "throttle" ("last_at");;

CREATE TABLE "sign_in_link" ("id" INTEGER NOT NULL PRIMARY KEY, "email" VARCHAR(254) NOT NULL, "mark" VARCHAR(43) NOT NULL, "account_id" INTEGER, "asked_at" TEXT NOT NULL, "expires_at" TEXT NOT NULL, "waits_since" TEXT, "used_at" TEXT, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE);;

CREATE UNIQUE INDEX "sign_in_link_mark" ON "sign_in_link" ("mark");;

CREATE INDEX "sign_in_link_account_id" ON "sign_in_link" ("account_id");;

CREATE INDEX "sign_in_link_expires_at" ON "sign_in_link" ("expires_at");;

CREATE INDEX "sign_in_link_waits_since" ON "sign_in_link" ("waits_since");;
