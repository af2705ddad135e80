CREATE TABLE "import_run" ("id" SERIAL NOT NULL PRIMARY KEY, "account_id" INTEGER, "file_name" VARCHAR(120) NOT NULL, "state" VARCHAR(10) NOT NULL, "lines" JSONB NOT NULL, "problems" JSONB NOT NULL, "expected" JSONB NOT NULL, "counts" JSONB NOT NULL, "total" INTEGER NOT NULL, "done" INTEGER NOT NULL, "created_at" TIMESTAMPTZ NOT NULL, "due_at" TIMESTAMPTZ, "finished_at" TIMESTAMPTZ, "last_error" TEXT NOT NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE SET NULL);;

CREATE INDEX "import_run_account_id" ON "import_run" ("account_id");;

CREATE INDEX "import_run_due_at" ON "import_run" ("due_at");;
