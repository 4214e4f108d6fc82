-- AlterTable
ALTER TABLE "Call" ADD COLUMN     "tries" JSONB;

-- CreateIndex
CREATE INDEX "Audit_requestId_idx" ON "Audit"("requestId");

-- CreateIndex
CREATE INDEX "Call_keyId_id_idx" ON "Call"("keyId", "id" DESC);

-- CreateIndex
CREATE INDEX "Call_requestId_idx" ON "Call"("requestId");
