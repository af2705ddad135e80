CREATE INDEX "history_at_id" ON "history" ("at", "id");;

CREATE INDEX "history_account_id_at_id" ON "history" ("account_id", "at", "id");;

CREATE INDEX "history_what_at_id" ON "history" ("what", "at", "id");;

CREATE INDEX "history_address_at_id" ON "history" ("address", "at", "id");;
