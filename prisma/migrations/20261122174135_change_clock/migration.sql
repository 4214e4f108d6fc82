-- AlterTable
ALTER TABLE "Change" ALTER COLUMN "at" SET DEFAULT clock_timestamp();
